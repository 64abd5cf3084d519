import { startMailCatcher } from './mail-catcher.ts'
import { startMailPage } from './mail-page.ts'

interface MailOptions {
  /** Where each mail becomes a file. */
  readonly folder: string
  /** 0: a free one. */
  readonly pagePort: number
  readonly smtpPort: number
}

export interface Mail {
  /** Of the page that shows the mails. */
  readonly url: string
  readonly folder: string
  readonly smtpPort: number
}

/** Starts the mail catcher and its page. What ends them goes on `cleanup`. */
export const startMail = async (
  { folder, pagePort, smtpPort }: MailOptions,
  cleanup: AsyncDisposableStack,
): Promise<Mail> => {
  const catcher = await startMailCatcher({ folder, port: smtpPort })
  cleanup.defer(catcher.close)
  const page = await startMailPage({ folder, port: pagePort })
  cleanup.defer(page.close)
  return { url: page.url, folder, smtpPort: catcher.port }
}
