/** The part of a pino logger that is used here. */
export interface Log {
  info(bindings: object, message: string): void
  warn(bindings: object, message: string): void
  error(bindings: object, message: string): void
}
