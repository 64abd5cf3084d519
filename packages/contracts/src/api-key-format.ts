/**
 * How an API key is written: `gate_live_<id>_<secret>_<checksum>`, each part of a fixed length in base 62, so that it is
 * selected by a double click. The checksum (CRC-32 of all before it) lets scanners of leaked secrets, and whoever is
 * handed a key, tell a typo from a key without asking anybody.
 */
const form = /^(gate_live_([0-9A-Za-z]{22})_[0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** What every API key begins with. */
export const apiKeyPrefix = 'gate_live_'

/** What an API key begins with that has this id, without anything secret. */
export const publicPartOf = (id: string) =>
  `${apiKeyPrefix}${base62(BigInt(`0x${id.replaceAll('-', '')}`), 22)}`

/** Writes down an API key. @param secret 32 bytes */
export function formatApiKey(id: string, secret: Uint8Array): string {
  const hex = Array.from(secret, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const body = `${publicPartOf(id)}_${base62(BigInt(`0x${hex}`), 43)}`
  return `${body}_${checksumOf(body)}`
}

/** The id (a UUID) that an API key carries; undefined for a text that has not the form of one or a wrong checksum. */
export function apiKeyId(text: string): string | undefined {
  const [, body = '', id = '', checksum] = form.exec(text) ?? []
  if (checksum === undefined || checksum !== checksumOf(body)) return undefined
  const hex = numberOf(id).toString(16).padStart(32, '0')
  return hex.length > 32 ? undefined : hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const checksumOf = (body: string) => base62(BigInt(crc32(body)), 6)

function base62(number: bigint, length: number): string {
  let text = ''
  for (let rest = number; text.length < length; rest /= 62n) text = `${digits[Number(rest % 62n)]}${text}`
  return text
}

const numberOf = (base62: string) =>
  [...base62].reduce((number, digit) => number * 62n + BigInt(digits.indexOf(digit)), 0n)

/** CRC-32 (ISO-HDLC, as in zlib) of a text in ASCII. */
function crc32(text: string): number {
  let crc = -1
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1))
  }
  return ~crc >>> 0
}
