import * as z from 'zod'

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const topLabel = '[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'

/** RFC 5321 §4.1.2 without quoted local parts and address literals; every part begins and ends where `.` or `@` says. */
const mailbox = new RegExp(`^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+${topLabel}$`)

/**
 * An e-mail address in its one canonical form, lower case. ASCII alone is accepted (an international domain in its
 * `xn--` form): no two addresses that Unicode normalisation (NFKC) would make one can both be somebody's.
 */
export const Email = z.email({ pattern: mailbox }).max(254).toLowerCase()
