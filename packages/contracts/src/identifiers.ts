import * as z from 'zod'

/** A UUID in canonical lower case, so that two spellings of one id never compare unequal. New ids are version 7. */
export const Id = z.uuid().toLowerCase()

export const ById = z.strictObject({ id: Id })

/**
 * A secret that its holder gives back: a refresh token, an invite token, an authorization code. Its form is
 * nobody's business but the issuer's; a wrong one is refused as unknown, never as malformed.
 */
export const OpaqueToken = z.string().min(1).max(2048)
