import { Secret, TOTP } from 'otpauth'
import { toString as drawQrCode } from 'qrcode'

/** 160 bits, as RFC 4226 (section 4, R6) recommends, in base32. */
export const newTotpSecret = () => new Secret({ size: 20 }).base32

/**
 * The time step that a code belongs to (RFC 6238: SHA-1, 6 digits, 30 s), if it is the present one, the one before or
 * the one after.
 * @param now milliseconds since 1970
 */
export function stepOfCode(secret: string, code: string, now = Date.now()): number | undefined {
  const delta = new TOTP({ secret }).validate({ token: code, timestamp: now, window: 1 })
  return delta === null ? undefined : TOTP.counter({ timestamp: now }) + delta
}

/** What an authenticator app takes up a secret by; `issuer` and `account` are what it shows. */
export async function describeTotp(secret: string, { issuer, account }: { issuer: string; account: string }) {
  // A colon ends the issuer in the label, and apps differ on whether it does so when it is escaped.
  const uri = new TOTP({ secret, issuer: issuer.replaceAll(':', ' '), label: account }).toString()
  const svg = await drawQrCode(uri, { type: 'svg', errorCorrectionLevel: 'M' })
  return { secret, uri, qrCode: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}` }
}
