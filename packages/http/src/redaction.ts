const secretName =
  /pass(word|wd)|secret|token|authorization|cookie|credential|pepper|api[-_]?key|mfa|private/i
const verdicts = new Map<string, boolean>()
const maxDepth = 6

/** Takes the value out of every field whose name says that it is a secret, at any depth. Leaves the object as it was. */
export function redact(fields: Record<string, unknown> | null): Record<string, unknown> {
  return fields === null ? {} : redactFields(fields, 1)
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    clean[name] = isSecret(name) ? '[redacted]' : redactValue(value, depth)
  }
  return clean
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth === maxDepth) return '[deep]'
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? redactFields(value, depth + 1) : value
}

function isSecret(name: string) {
  let verdict = verdicts.get(name)
  if (verdict === undefined) {
    verdict = secretName.test(name)
    if (verdicts.size < 1_000) verdicts.set(name, verdict)
  }
  return verdict
}

/** What a log may say of an error: what it is, where it came from and why, but none of its other fields. */
export function redactError(error: unknown, depth = 1): unknown {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'Something other than an error was thrown.' }
  const { code } = error as { code?: unknown }
  const { message, stack = '' } = error
  // drizzle-orm writes the parameters of a failed query into its message, and they hold personal data and hashes.
  const [withoutParameters = ''] = message.split('\nparams: ', 1)
  return {
    type: error.name,
    message: withoutParameters,
    ...(stack.includes(message) && { stack: stack.replace(message, () => withoutParameters) }),
    ...(typeof code === 'string' && { code }),
    ...(error.cause !== undefined && depth < maxDepth && { cause: redactError(error.cause, depth + 1) }),
  }
}
