import type { Act } from '@gatehouse/contracts/tokens'

/** The services of a chain (RFC 8693, section 4.1), the last one first. */
export const actorsOf = (act: Act | undefined): readonly string[] =>
  act === undefined ? [] : [act.sub, ...actorsOf(act.act)]
