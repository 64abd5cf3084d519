import * as z from 'zod'

/** A point in time as answers carry it: RFC 3339, in UTC. */
export const Timestamp = z.iso.datetime()

/** What both `Date` and PostgreSQL can hold, in any time zone. */
const isStorable = (text: string) => {
  const year = new Date(text).getUTCFullYear()
  return year >= 1 && year <= 9999
}

/** A point in time as requests may write it: RFC 3339 with any offset, turned into UTC with milliseconds. */
export const TimestampInput = z.iso
  .datetime({ offset: true, abort: true })
  .refine(isStorable, { abort: true, error: 'Must be in the years 1 to 9999' })
  .overwrite((text) => new Date(text).toISOString())
