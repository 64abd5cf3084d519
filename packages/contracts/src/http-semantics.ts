import * as z from 'zod'

/** Headers of a request that creates something. */
export const Idempotent = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .meta({
      description:
        'Makes a retry safe: the same key with the same body gives the first answer again, with another body 422.',
    }),
})

/** Headers of a request that changes or deletes one resource (RFC 9110 §13.1.1). */
export const Conditional = z.looseObject({
  'if-match': z
    .string()
    .max(1024)
    .optional()
    .meta({ description: 'The `ETag` that the change is based on; 412 if the resource has changed since.' }),
})

/** An answer without content. JSON Schema has no word for it; the OpenAPI document leaves the content out. */
export const NoContent = z.undefined().meta({ description: 'Done.' })

/** An answer of status 302. */
export const Redirect = z.undefined().meta({ description: 'Go on at `Location`.' })
