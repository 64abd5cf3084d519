const secret =
  /(password|passphrase|secret|token|hash|digest|credential|authorization|cookie|apikey|privatekey|secretkey|signingkey|pepper|otp|pin|mfacode|recoverycode)s?$/

const isSecret = (name: string) => secret.test(name.toLowerCase().replace(/[^a-z]/g, ''))

/**
 * JSON as it may be kept for good: the values of members whose names say that they are secret, such as `newPassword` or
 * `client_secret`, are not in it. No service should send them; this is for the day that one does.
 */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isSecret(name) ? '[redacted]' : redacted(member)]),
  )
}
