import type { DataMap } from '@gatehouse/db/data-map'

/** Of the tables of this package. */
export const keyData = {
  signing_keys: {
    secret: ['sealed_private_jwk'],
    technical: ['kid', 'public_jwk', 'created_at', 'activates_at', 'retires_at'],
  },
} as const satisfies DataMap
