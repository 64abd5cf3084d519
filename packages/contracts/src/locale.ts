import * as z from 'zod'

/** ISO 3166-1 alpha-2, and XK, which stands for Kosovo wherever addresses and payments are handled. */
const countries: ReadonlySet<string> = new Set(
  `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
  CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
  GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
  KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
  MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
  SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
  UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW`.split(/\s+/),
)

/** A country by ISO 3166-1 alpha-2, accepted in any case and kept in upper case. */
export const Country = z
  .string()
  .length(2)
  .toUpperCase()
  .refine((code) => countries.has(code), 'Must be a country code of ISO 3166-1 alpha-2')
  .meta({ examples: ['DE'] })

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/** A currency by ISO 4217, accepted in any case and kept in upper case. */
export const Currency = z
  .string()
  .length(3)
  .toUpperCase()
  .refine((code) => currencies.has(code), 'Must be a currency code of ISO 4217')
  .meta({ examples: ['EUR'] })

/** Whether `Intl` takes a value: it throws a RangeError at what it does not know. */
function isKnown(ask: () => boolean) {
  try {
    return ask()
  } catch {
    return false
  }
}

/** A language by BCP 47, as far as it can be formatted in; kept in its canonical spelling. */
export const Locale = z
  .string()
  .max(35)
  .refine((tag) => isKnown(() => Intl.DateTimeFormat.supportedLocalesOf(tag).length === 1), {
    abort: true,
    error: 'Must be a known language tag of BCP 47',
  })
  .overwrite((tag) => new Intl.Locale(tag).toString())
  .meta({ examples: ['de-CH'] })

/** Bare offsets (`+02:00`) are no time zones: they know nothing of summer time. */
const isTimeZone = (name: string) =>
  /^[A-Z]/i.test(name) && isKnown(() => Boolean(new Intl.DateTimeFormat('en', { timeZone: name })))

/** A time zone by its name in the IANA database. */
export const TimeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'Must be a time zone of the IANA database')
  .meta({ examples: ['Europe/Zurich'] })

const datePart = /^(?:d{1,2}|m{1,4}|y{2}|y{4})$/i

/** Day, month and year, each once, in any order. */
function isDateFormat(format: string) {
  const parts = format.split(/[-./]|,? /)
  const kinds = parts.map((part) => part.charAt(0).toUpperCase())
  return parts.every((part) => datePart.test(part)) && kinds.sort().join('') === 'DMY'
}

/** How dates are written: `D` or `DD`, `M` to `MMMM`, `YY` or `YYYY`, with `-`, `.`, `/` or a space between. */
export const DateFormat = z
  .string()
  .max(20)
  .refine(isDateFormat, 'Must have a day, a month and a year, like YYYY-MM-DD')
  .meta({ examples: ['YYYY-MM-DD'] })
