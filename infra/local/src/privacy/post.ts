import { join } from 'node:path'
import { vi } from 'vitest'
import { startMailCatcher } from '../mail/mail-catcher.ts'
import type { ShownMail } from '../mail/mail-html.ts'
import { startMailPage } from '../mail/mail-page.ts'

/** A mail server of a test's own, which can be closed before the platform is. */
export async function startPost(folder: string) {
  const kept = join(folder, 'post')
  const catcher = await startMailCatcher({ folder: kept, port: 0 })
  const given = new Set<string>()
  const page = await startMailPage({ folder: kept, port: 0 })
  return {
    url: `smtp://127.0.0.1:${catcher.port}`,
    /** The token of the newest link to a page of the front end that somebody was sent; each is given once. */
    tokenTo: (email: string, pageName: string): Promise<string> =>
      vi.waitFor(
        async () => {
          const { data } = (await (await fetch(`${page.url}/mails`)).json()) as { data: ShownMail[] }
          const found = data
            .filter(({ to }) => to === email)
            .map(({ text }) => new RegExp(`/${pageName}\\?token=([\\w-]+)`).exec(text ?? '')?.[1])
            .find((token) => token !== undefined && !given.has(token))
          if (found === undefined) throw new Error(`no link to ${pageName} for ${email} yet`)
          given.add(found)
          return found
        },
        { timeout: 30_000, interval: 50 },
      ),
    /** Takes no more mail. */
    close: catcher.close,
    stop: page.close,
  }
}
export type Post = Awaited<ReturnType<typeof startPost>>
