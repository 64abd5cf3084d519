import type { Mailer } from './mailer.ts'

/** What there is to watch of the queue of mail, by the names that metrics have. */
export const mailMetrics = ({ backlog, outcomes }: Mailer) => ({
  mail_unsent_mails: {
    help: 'How many mails wait to be sent, for the first time or again, counted up to 10,000.',
    read: () => backlog().depth,
  },
  mail_oldest_unsent_seconds: {
    help: 'How long the oldest of them has waited.',
    read: () => backlog().oldestSeconds,
  },
  mail_attempts_total: {
    help: 'Attempts to send a mail, by what came of them.',
    labels: ['outcome'],
    read: () =>
      Object.entries(outcomes()).map(([outcome, value]) => ({
        labels: { outcome: outcome.replaceAll(' ', '_') },
        value,
      })),
  },
})
