import * as z from 'zod'

/** The environment of whatever talks to NATS, as a fragment of a service's settings. */
export const natsSettings = {
  /** One address, or several of one cluster with commas between them. `tls://` insists on TLS. */
  NATS_URL: z
    .string('must be nats:// or tls:// addresses')
    .regex(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/, 'must be nats:// or tls:// addresses'),
  NATS_USER: z.string('must be a user of NATS'),
  NATS_PASSWORD: z.string('must be the password of NATS_USER'),
}
