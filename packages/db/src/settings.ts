import * as z from 'zod'

const mustBeUrl = 'must be a postgres:// URL'

/** The environment of whatever has a database, as a fragment of a service's settings. */
export const databaseSettings = {
  /** Of the application role, which owns nothing. */
  DATABASE_URL: z
    .string({ error: mustBeUrl })
    .refine((value) => /^postgres(ql)?:$/.test(URL.parse(value)?.protocol ?? ''), { error: mustBeUrl }),
  /** The most connections that this process has open; of all processes together, the server must allow them. */
  DATABASE_POOL_SIZE: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, { error: 'must be a whole number from 1 to 999' })
    .transform(Number)
    .default(8),
}
