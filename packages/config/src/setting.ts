import { BlockList, isIP } from 'node:net'
import * as z from 'zod'

/** One environment variable: `read` turns its text into a value, or gives `undefined` for what is not `what`. */
export const setting = <T>(what: string, read: (text: string) => T | undefined) =>
  z.string({ error: `must be ${what}` }).transform((text, context): T => {
    const value = read(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: `must be ${what}` })
    return z.NEVER
  })

/** A text of at least `minLength` characters, such as a secret. */
export const text = (minLength = 1) =>
  setting(minLength === 1 ? 'a text' : `a text of at least ${minLength} characters`, (value) =>
    value.length >= minLength ? value : undefined,
  )

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number) =>
  setting(`a whole number from ${min} to ${max}`, (value) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    return number >= min && number <= max ? number : undefined
  })

/** A share of the whole, such as 0.25. */
export const fraction = () =>
  setting('a number from 0 to 1', (value) => {
    const number = /^\d(\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN
    return number <= 1 ? number : undefined
  })

/** `true` or `false`, and nothing that merely looks like one of them. */
export const boolean = () =>
  setting('true or false', (value) => (value === 'true' ? true : value === 'false' ? false : undefined))

/** One of these words. */
export const oneOf = <const W extends string>(...words: readonly W[]) =>
  setting(`one of ${words.join(', ')}`, (value) => words.find((word) => word === value))

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A length of time such as `250ms`, `30s` or `7d`, in milliseconds. */
export const durationMs = () =>
  setting('a length of time such as 250ms, 30s, 10m, 12h or 7d', (value) => {
    const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) ?? []
    return count && unit ? Number(count) * unitsMs[unit as keyof typeof unitsMs] : undefined
  })

/** A URL of one of these schemes, given back without a slash at its end. */
export const url = (...schemes: readonly [string, ...string[]]) =>
  setting(`a URL beginning with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`, (value) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined
    if (!parsed?.hostname || parsed.hash || !schemes.includes(parsed.protocol.slice(0, -1))) return undefined
    return value.replace(/\/+$/, '')
  })

/** A key of 32 bytes, written in base64. */
export const key = () =>
  setting('32 bytes in base64 (openssl rand -base64 32)', (value) => {
    const bytes = Buffer.from(value, 'base64')
    return bytes.length === 32 && bytes.toString('base64') === value ? bytes : undefined
  })

/** Keys as `key` takes them, with commas between them: the one that is used first, and others that still count. */
export const keys = () =>
  setting('32 bytes in base64 (openssl rand -base64 32), or several of them with commas between', (value) => {
    const [first, ...others] = value.split(',').map((each) => key().safeParse(each.trim()).data)
    if (first === undefined || others.includes(undefined)) return undefined
    return [first, ...others] as [Buffer, ...Buffer[]]
  })

/** Networks in CIDR notation, or single addresses, with commas between them. */
export const networks = () =>
  setting('networks such as 10.0.0.0/8 or fd00::/8, with commas between them', (value) => {
    const list = value.split(',').map((network) => network.trim())
    return list.every(isNetwork) ? list : undefined
  })

function isNetwork(network: string) {
  const [address = '', bits, ...rest] = network.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (bits === undefined) return true
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return false
  new BlockList().addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6')
  return true
}
