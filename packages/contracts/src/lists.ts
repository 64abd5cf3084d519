import * as z from 'zod'

const Cursor = z
  .string()
  .regex(/^[\w-]{1,512}$/)
  .meta({ description: 'Where to go on: the `nextCursor` of the page before.' })

const integer = z.coerce.number<number | string>().int()

/**
 * Which part of a list to answer; a list that can be narrowed extends it by its filters (`safeExtend`). A parameter
 * that is none is refused: a misspelt filter would otherwise answer more than was asked for.
 */
export const PageQuery = z
  .strictObject({
    limit: integer.min(1).max(100).default(50).meta({ description: 'How many, at most.' }),
    cursor: Cursor.optional(),
    page: integer
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'Which page, from 1, in place of `cursor`; the answer then has `total`.' }),
  })
  .refine((query) => query.cursor === undefined || query.page === undefined, {
    path: ['page'],
    error: 'Either cursor or page, not both',
  })

/** One page of a list; `nextCursor` is null on the last. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    data: z.array(item),
    nextCursor: z.string().nullable(),
    total: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'How many there are in all, where `page` was asked for.' }),
  })
