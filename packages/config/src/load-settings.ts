import type * as z from 'zod'

type Environment = Readonly<Record<string, string | undefined>>

/** Settings, or every fault of them in plain words. A value is never repeated: it may be a secret. */
export type Settings<S extends z.ZodObject> = { settings: z.output<S> } | { faults: readonly string[] }

/** Reads the settings that `schema` declares. An empty variable counts as one that is not set. */
export function parseSettings<S extends z.ZodObject>(schema: S, environment: Environment): Settings<S> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value))
  const parsed = schema.safeParse(given)
  if (parsed.success) return { settings: parsed.data }
  const faults = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.')
    return name in given ? `${name} is wrong: it ${message}.` : `${name} is missing: it ${message}.`
  })
  return { faults: [...new Set(faults)] }
}

/** Reads the settings of this process, as `parseSettings` does. */
export const settingsOfProcess = <S extends z.ZodObject>(schema: S): Settings<S> =>
  // biome-ignore lint/style/noProcessEnv: the one place that reads the environment
  parseSettings(schema, process.env)

/** Reads the settings of this process, or says everything that is wrong with them and exits with 1. */
export function loadSettings<S extends z.ZodObject>(schema: S): z.output<S> {
  const result = settingsOfProcess(schema)
  if ('settings' in result) return result.settings
  process.stderr.write(`The environment is not complete:\n${result.faults.map((it) => `  ${it}\n`).join('')}`)
  process.exit(1)
}
