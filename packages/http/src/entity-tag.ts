import { preconditionFailed } from '@gatehouse/contracts/problems'

/** The `ETag` of a resource that counts its versions (RFC 9110 §8.8.3). */
export const entityTag = (version: number) => `"${version}"`

/**
 * What an `If-Match` allows (RFC 9110 §13.1.1): a check to be made under the resource's lock, before it is changed.
 * A weak tag matches nothing.
 */
export function matching(ifMatch: string | undefined): (version: number) => void {
  const tags = ifMatch?.split(',').map((tag) => tag.trim())
  return (version) => {
    if (!tags || tags.includes('*') || tags.includes(entityTag(version))) return
    throw preconditionFailed({ headers: { etag: entityTag(version) } })
  }
}
