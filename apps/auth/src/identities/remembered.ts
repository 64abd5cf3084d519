/** What `make` gives, for so long; many who ask at once wait for the same. What fails is forgotten at once. */
export function remembered<T>(ms: number, make: () => Promise<T>): () => Promise<T> {
  let made: { value: Promise<T>; until: number } | undefined
  return () => {
    if (made && Date.now() < made.until) return made.value
    const value = make()
    made = { value, until: Date.now() + ms }
    value.catch(() => {
      if (made?.value === value) made = undefined
    })
    return value
  }
}
