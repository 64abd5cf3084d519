/** How the sender of a mail looks. */
export interface Brand {
  readonly name: string
  /** https only. */
  readonly logoUrl: string | null
  /** `#rrggbb`. */
  readonly primaryColor: string | null
}

/** What a mail says, in plain text; none of it is markup. */
export interface Letter {
  readonly subject: string
  /** BCP 47. */
  readonly language: string
  readonly greeting: string
  readonly paragraphs: readonly string[]
  /** The one thing to do about it. */
  readonly action: { readonly label: string; readonly url: string } | undefined
  /** What stands below: why this came, and that nobody reads answers. */
  readonly footer: string
}

export interface LaidOut {
  readonly subject: string
  readonly text: string
  readonly html: string
}

const plainColor = '#1f2937'

/** A letter as plain text and as HTML, each complete by itself. No part of it can become markup or a link by accident. */
export function layOut(letter: Letter, brand: Brand): LaidOut {
  const name = unlinkable(oneLine(brand.name))
  const paragraphs = letter.paragraphs.map(unlinkable)
  const content = {
    ...letter,
    greeting: unlinkable(letter.greeting),
    paragraphs,
    footer: unlinkable(letter.footer),
  }
  return {
    subject: oneLine(letter.subject),
    text: textOf(content, name),
    html: htmlOf(content, { ...brand, name }),
  }
}

function textOf({ greeting, paragraphs, action, footer }: Letter, name: string): string {
  const steps = action === undefined ? [] : [`${action.label}:\n${action.url}`]
  return `${[name, greeting, ...paragraphs, ...steps, `-- \n${footer}`].join('\n\n')}\n`
}

function htmlOf({ subject, language, greeting, paragraphs, action, footer }: Letter, brand: Brand): string {
  const color = brand.primaryColor ?? plainColor
  const head =
    brand.logoUrl === null
      ? escapeHtml(brand.name)
      : `<img src="${escapeHtml(brand.logoUrl)}" alt="${escapeHtml(brand.name)}" height="40" style="max-width:100%">`
  const text = [greeting, ...paragraphs].map((it) => `<p style="margin:0 0 16px">${escapeHtml(it)}</p>`)
  return `<!doctype html>
<html lang="${escapeHtml(language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:24px;background:#f3f4f6;color:#111827;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:0 auto;background:#ffffff;border-radius:8px;overflow:hidden">
<div style="padding:16px 24px;background:${escapeHtml(color)};color:${readableOn(color)};font-weight:600">${head}</div>
<div style="padding:24px 24px 8px">
${text.join('\n')}${action === undefined ? '' : button(action, color)}
</div>
<div style="padding:0 24px 24px;color:#4b5563;font-size:13px">${escapeHtml(footer)}</div>
</div>
</body></html>
`
}

const button = ({ label, url }: { label: string; url: string }, color: string) => `
<p style="margin:0 0 16px"><a href="${escapeHtml(url)}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:${escapeHtml(color)};color:${readableOn(color)};text-decoration:none">${escapeHtml(label)}</a></p>
<p style="margin:0 0 16px;font-size:13px;overflow-wrap:anywhere">${escapeHtml(url)}</p>`

/** Black or white, whichever has the higher contrast with `#rrggbb` (WCAG 2.2; never below 4.5 : 1). */
export function readableOn(color: string): '#000000' | '#ffffff' {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    linear(Number.parseInt(color.slice(at, at + 2), 16) / 255),
  )
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? '#000000' : '#ffffff'
}

const linear = (channel: number) =>
  channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4

/** Mail programs make links of what looks like an address; somebody may be called `evil.example`. U+2060 is not seen. */
const unlinkable = (text: string) => text.replace(/(?<=\S)[.:/@](?=[^\s.,:])/gu, '$&\u2060')

const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
