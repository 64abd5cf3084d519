/** Which ledger a checkpoint is of, and how often that was begun. */
export interface Origin {
  /** Of all ledgers of an installation: `<host>/audit`. */
  readonly name: string
  readonly tenantId: string
  /** 1, and one more each time that the ledger was begun again because what was signed of it is gone. */
  readonly epoch: number
}

/** `<name>/<tenant id>`, and from the second epoch on `<name>/<epoch>/<tenant id>`. */
export const formatOrigin = ({ name, tenantId, epoch }: Origin) =>
  epoch === 1 ? `${name}/${tenantId}` : `${name}/${epoch}/${tenantId}`

/** @returns undefined if it is none */
export function parseOrigin(origin: string): Origin | undefined {
  const parts = origin.split('/')
  const tenantId = parts.pop()
  const epoch = /^([2-9]|[1-9]\d{1,5})$/.test(parts.at(-1) ?? '') ? Number(parts.pop()) : 1
  const name = parts.join('/')
  return name && tenantId ? { name, tenantId, epoch } : undefined
}

/** The entry that says that a ledger was begun again; its metadata is a `Restart`. */
export const restartAction = 'audit_log.ledger_begun_again'

/** What a ledger says of how it was begun again. */
export interface Restart {
  /** The one that begins. */
  readonly epoch: number
  /** So many entries are as they were signed in the epoch before. */
  readonly agreesUpTo: number
  /** So many had been signed. */
  readonly signedSize: number
}

/** @returns undefined if the metadata of an entry is none */
export function parseRestart(metadata: unknown): Restart | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined
  const { epoch, agreesUpTo, signedSize } = metadata as Partial<Record<keyof Restart, unknown>>
  const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)
  if (!isWhole(epoch) || !isWhole(agreesUpTo) || !isWhole(signedSize)) return undefined
  return { epoch, agreesUpTo, signedSize }
}
