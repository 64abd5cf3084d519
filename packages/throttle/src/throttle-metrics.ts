import type { Throttle } from './throttle.ts'

/** What there is to watch of limits, by the names that metrics have. */
export const throttleMetrics = ({ refusals }: Throttle) => ({
  throttle_refusals_total: {
    help: 'Attempts that were refused because a limit was used up, by what is limited.',
    labels: ['limit'],
    read: () => [...refusals()].map(([limit, value]) => ({ labels: { limit }, value })),
  },
})
