import { randomBytes } from 'node:crypto'

/** Crockford's base32: no letter looks like a digit. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A set of ten recovery codes of 80 random bits each, in groups of four characters. */
export const newRecoveryCodes = () => Array.from({ length: 10 }, newRecoveryCode)

function newRecoveryCode() {
  const characters = [...randomBytes(16)].map((byte) => alphabet[byte % alphabet.length])
  return characters.join('').replace(/.{4}(?=.)/g, '$&-')
}

/**
 * What somebody typed as an `mfaCode`, and of which kind it is: in any width and case, with spaces and dashes anywhere,
 * and with the letters that a recovery code never has for the digits that they look like.
 */
export function readMfaCode(typed: string): { readonly kind: 'totp' | 'recovery'; readonly code: string } {
  const code = typed
    .normalize('NFKC')
    .replace(/[\s\p{Pd}\p{Cf}]/gu, '')
    .toUpperCase()
  if (/^\d{6}$/.test(code)) return { kind: 'totp', code }
  return { kind: 'recovery', code: code.replaceAll('O', '0').replace(/[IL]/g, '1') }
}
