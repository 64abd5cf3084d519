import * as z from 'zod'

/** The environment of whatever talks to NATS, as a fragment of a service's settings. */
export const natsSettings = {
  /** One address, or several of one cluster with commas between them. `tls://` insists on TLS. */
  NATS_URL: z
    .string()
    .regex(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/, 'must be nats:// or tls:// addresses'),
  NATS_USER: z.string().min(1),
  NATS_PASSWORD: z.string().min(1),
}
