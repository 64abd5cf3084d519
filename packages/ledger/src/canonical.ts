/**
 * The one way to write a JSON value (RFC 8785): members in the order of their names' UTF-16 code units (§3.2.3), no white
 * space, strings and numbers as ECMAScript writes them (§3.2.2). Members that are `undefined` are left out.
 * @throws {TypeError} for what is no JSON: text with a lone surrogate, a number that isn't finite, `undefined`, a function
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${canonical(name)}:${canonical(member)}`)
    return `{${members.join(',')}}`
  }
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return JSON.stringify(value)
  throw new TypeError('this value has no canonical JSON')
}
