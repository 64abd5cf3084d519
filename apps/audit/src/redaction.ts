const secret =
  /(password|passphrase|secret|token|hash|digest|credential|authorization|cookie|apikey|privatekey|secretkey|signingkey|pepper|otp|pin|mfacode|recoverycode)s?$/

/** Of names that were asked about before; not of all, since whoever sends an entry makes them up. */
const verdicts = new Map<string, boolean>()

function isSecret(name: string) {
  const known = verdicts.get(name)
  if (known !== undefined) return known
  const verdict = secret.test(name.toLowerCase().replace(/[^a-z]/g, ''))
  if (verdicts.size < 1_000) verdicts.set(name, verdict)
  return verdict
}

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
