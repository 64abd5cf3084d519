/** One caught mail, as `/mails` gives it and the page shows it. */
export interface ShownMail {
  readonly id: string
  /** Its name in the folder of mails. */
  readonly file: string
  readonly from: string
  readonly to: string
  readonly subject: string
  /** When its sender says that it was sent. */
  readonly date: string | null
  readonly text: string | null
  readonly html: string | null
}

/** The page: the list of mails, and the one that is looked at beside it. */
export const page = (mails: readonly ShownMail[], shown: ShownMail | undefined): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${mails.length} mails – Gatehouse</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --line: #8884; --here: #48f3 }
  body { margin: 0; display: grid; grid-template: auto 1fr / minmax(16rem, 24rem) 1fr; height: 100vh }
  header { grid-column: 1 / -1; padding: .6rem 1rem; border-bottom: 1px solid var(--line) }
  nav { overflow: auto; border-right: 1px solid var(--line) }
  nav a { display: block; padding: .6rem 1rem; border-bottom: 1px solid var(--line); color: inherit; text-decoration: none }
  nav a[aria-current] { background: var(--here) }
  nav small { display: block; opacity: .7; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
  main { display: flex; flex-direction: column; overflow: hidden }
  main dl { margin: 0; padding: .8rem 1rem; display: grid; grid-template-columns: auto 1fr; gap: 0 1rem; border-bottom: 1px solid var(--line) }
  main dt { opacity: .7 } main dd { margin: 0; overflow-wrap: anywhere }
  main iframe { flex: 1; border: 0; background: #fff; color-scheme: light }
  main p { padding: 1rem }
</style>
<header><strong>Gatehouse mail</strong> · what the platform has sent, and nobody has received · <a href="/">newest</a> · <a href="/mails">JSON</a></header>
<nav>${mails.map((mail) => entry(mail, mail.id === shown?.id)).join('')}</nav>
<main>${shown ? content(shown) : '<p>No mail yet.</p>'}</main>
</html>
`

/** A mail's own page, for the frame. */
export const frame = ({ html, text }: ShownMail): string =>
  `<!doctype html><meta charset="utf-8"><base target="_blank">${html ?? `<pre style="white-space:pre-wrap;font:15px/1.5 system-ui,sans-serif">${withLinks(escapeHtml(text ?? ''))}</pre>`}`

const entry = (mail: ShownMail, isShown: boolean) => `
  <a href="/?mail=${mail.id}"${isShown ? ' aria-current="true"' : ''}>${escapeHtml(mail.subject) || '(no subject)'}
    <small>${escapeHtml(mail.to)}</small><small>${escapeHtml(mail.date ?? '')}</small></a>`

const content = (mail: ShownMail) => `
  <dl>
    <dt>Subject</dt><dd>${escapeHtml(mail.subject)}</dd>
    <dt>From</dt><dd>${escapeHtml(mail.from)}</dd>
    <dt>To</dt><dd>${escapeHtml(mail.to)}</dd>
    <dt>Date</dt><dd>${escapeHtml(mail.date ?? '')}</dd>
    <dt>File</dt><dd>${escapeHtml(mail.file)}</dd>
  </dl>
  <iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/mails/${mail.id}/html"></iframe>`

const withLinks = (escaped: string) => escaped.replaceAll(/https?:\/\/[^\s<>"']+/g, '<a href="$&">$&</a>')

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
