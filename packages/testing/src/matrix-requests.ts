import { randomInt } from 'node:crypto'
import type { Endpoint } from '@gatehouse/contracts/endpoint'
import { v7 as uuidv7 } from 'uuid'
import * as z from 'zod'
import type { World } from './matrix-callers.ts'

/** One way to ask a route about things of somebody. */
export interface Question {
  readonly method: string
  readonly url: string
  /** An id that the query narrows the answer to, where the route can be asked so. */
  readonly filter?: string
  readonly endpoint: Endpoint | undefined
}

interface Asked {
  readonly method: 'GET'
  readonly url: string
  readonly payload?: object
}

type Schema = z.core.JSONSchema.JSONSchema
type Things = World['things']

/** The ways to ask a route: as it is, and by each id that its query knows. */
export function questionsOf({ things, ...route }: Question & { readonly things: Things }): Question[] {
  const { endpoint } = route
  const filters = Object.keys(schemaOf(endpoint?.schema.querystring)?.properties ?? {})
  const known = filters.filter((name) => name in things)
  return [route, ...known.map((filter) => ({ ...route, filter }))]
}

/**
 * The request that a question makes of things.
 * @throws for something that a route is about and the world doesn't have
 */
export function requestOf({ method, url, filter, endpoint }: Question, things: Things): Asked {
  const path = url.replace(/:(\w+)/g, (_, name: string, at: number) => {
    const value = things[name] ?? things[url.slice(0, at - 1)]
    if (value === undefined) throw new Error(`Say what :${name} of ${url} is, among the things of the world.`)
    return value
  })
  const body = schemaOf(endpoint?.schema.body)
  return {
    method: method as 'GET',
    url: filter === undefined ? path : `${path}?${filter}=${things[filter]}`,
    ...(body && { payload: exampleOf(body, { name: '', things }) as object }),
  }
}

/** Things that look the same and are nobody's. */
export const absent = (things: Things): Things =>
  Object.fromEntries(Object.entries(things).map(([name, value]) => [name, isId(value) ? uuidv7() : value]))

/** Whether a value names one thing and no other. */
export const isId = (value: string) => z.uuid().safeParse(value).success

const schemaOf = (schema: z.ZodType | undefined) =>
  schema && (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema)

/** What a field of such a name holds, whatever it is part of; else its schema says. */
const fields: Readonly<Record<string, () => unknown>> = {
  email: () => `${uuidv7()}@people.example`,
  password: () => 'correct horse battery staple',
  newPassword: () => 'another horse, another staple',
  name: () => `n${uuidv7()}`,
  country: () => 'GB',
  scopes: () => ['users:read'],
}

/** Something that a schema takes, with as little in it as that needs, but with every id that the world knows. */
function exampleOf(schema: Schema, { name, things }: { name: string; things: Things }): unknown {
  const given = things[name] ?? fields[name]?.()
  if (given !== undefined) return given
  if (schema.const !== undefined) return schema.const
  const [example] = schema.examples ?? schema.enum ?? []
  if (example !== undefined) return example
  const [alternative] = schema.anyOf ?? schema.oneOf ?? []
  if (alternative) return exampleOf(alternative as Schema, { name, things })
  switch (schema.type) {
    case 'object': {
      const named = Object.entries(schema.properties ?? {})
      const needed = named.filter(([field]) => schema.required?.includes(field) || field in things)
      return Object.fromEntries(
        needed.map(([field, inner]) => [field, exampleOf(inner as Schema, { name: field, things })]),
      )
    }
    case 'array':
      return [exampleOf(schema.items as Schema, { name: '', things })].slice(0, schema.minItems ?? 0)
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    default:
      return 'x'.repeat(schema.minLength ?? 1)
  }
}

/** Each request comes from somewhere else, so that none meets the limits of one before it. */
export const anyAddress = () =>
  `2001:db8:${randomInt(65_536).toString(16)}:${randomInt(65_536).toString(16)}::1`
