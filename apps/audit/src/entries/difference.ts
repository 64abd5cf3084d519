import diff from 'microdiff'

type State = Record<string, unknown> | null

/** What a change put in place of what, each as a JSON pointer (RFC 6901) with both values; null where there is none. */
export function difference(before: State, after: State) {
  return diff(before ?? {}, after ?? {}).map((change) => ({
    path: change.path.map(token).join(''),
    before: 'oldValue' in change ? change.oldValue : null,
    after: 'value' in change ? change.value : null,
  }))
}

const token = (name: string | number) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
