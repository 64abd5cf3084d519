/** A slug for a tenant's name: its ASCII letters and digits, and a part of its id, so that no two are the same. */
export function slugOf(name: string, id: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 40)
  // The end of a UUIDv7 is the random part.
  return [plain.replace(/-$/, ''), id.slice(-12)].filter((part) => part !== '').join('-')
}
