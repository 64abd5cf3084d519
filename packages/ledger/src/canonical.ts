/**
 * The one way to write a JSON value (RFC 8785): members in the order of their names' UTF-16 code units (§3.2.3), no white
 * space, strings and numbers as ECMAScript writes them (§3.2.2). Members that are `undefined` are left out.
 * @throws {TypeError} for what is no JSON: text with a lone surrogate, a number that isn't finite, `undefined`, a function
 */
export function canonical(value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object') return membersOf(value as Record<string, unknown>)
  throw new TypeError('this value has no canonical JSON')
}

function membersOf(object: Record<string, unknown>) {
  let json = ''
  for (const name of Object.keys(object).sort()) {
    if (object[name] === undefined) continue
    json += `${json === '' ? '{' : ','}${canonical(name)}:${canonical(object[name])}`
  }
  return json === '' ? '{}' : `${json}}`
}
