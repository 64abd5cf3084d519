import type { DataMap } from '@gatehouse/db/data-map'

/** Of the tables of this package. */
export const throttleData = {
  attempts: {
    secret: ['key'],
    technical: ['count', 'resets_at'],
    expires: { after: 'resets_at', days: 0 },
  },
} as const satisfies DataMap
