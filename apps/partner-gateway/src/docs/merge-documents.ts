import * as z from 'zod'

const record = z.record(z.string(), z.unknown())

/** Of an OpenAPI document, what merging touches; the rest goes through as it is. */
export const OpenApiDocument = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), record),
  components: z.record(z.string(), record).optional(),
})
export type OpenApiDocument = z.infer<typeof OpenApiDocument>

/**
 * One document out of those of the services: all of their paths and components, in their order. What all of them have
 * (their probes) comes last.
 */
export function mergeDocuments(
  documents: readonly OpenApiDocument[],
  info: OpenApiDocument['info'],
): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  const components: Record<string, Record<string, unknown>> = {}
  const isEverywhere = (path: string) => documents.every((document) => path in document.paths)
  for (const shared of [false, true]) {
    for (const document of documents) {
      const chosen = Object.entries(document.paths).filter(([path]) => isEverywhere(path) === shared)
      addMissing(paths, Object.fromEntries(chosen))
    }
  }
  for (const document of documents) {
    for (const [kind, entries] of Object.entries(document.components ?? {})) {
      components[kind] ??= {}
      addMissing(components[kind], entries)
    }
  }
  return { openapi: '3.1.0', info, paths, components }
}

function addMissing<T>(target: Record<string, T>, entries: Readonly<Record<string, T>>) {
  for (const [name, entry] of Object.entries(entries)) target[name] ??= entry
}
