import Bowser from 'bowser'

/** What a device calls itself, in a few words such as `Firefox on Linux`, from its `User-Agent`. */
export function deviceOf(userAgent: string | null): string {
  if (!userAgent) return unknown
  const { browser, os } = Bowser.parse(userAgent)
  // A program says its name first: `curl/8.5.0`.
  const name = browser.name || /^[\w.-]+/.exec(userAgent)?.[0] || unknown
  return os.name ? `${name} on ${os.name}` : name
}

const unknown = 'Unknown device'
