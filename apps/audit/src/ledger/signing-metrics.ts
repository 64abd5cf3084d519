import type { Signer } from './start-signing.ts'

/** What there is to watch of the signing of ledgers, by the names that metrics have. */
export const signingMetrics = ({ refused, ageSeconds }: Signer) => ({
  audit_refused_ledgers: {
    help: 'How many ledgers do not follow from what was signed of them: any but 0 is worth an alarm.',
    read: refused,
  },
  audit_unsigned_seconds: {
    help: 'For how long at most what was recorded can have waited for its signature.',
    read: ageSeconds,
  },
})
