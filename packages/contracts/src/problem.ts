/** One fault of a request's content: where, and what is wrong with it. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

/** Members of a problem document that say what the caller is to go on with (RFC 9457, section 3.2). */
export interface ProblemExtensions {
  readonly enrolmentToken?: string
  readonly loginCode?: string
}

interface ProblemOptions extends ErrorOptions {
  readonly detail?: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
  readonly extensions?: ProblemExtensions
}

/** A failure that the caller may see (RFC 9457): `code`, `status` and `message` are public, `cause` is for the log only. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly errors: readonly FieldError[] | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly extensions: ProblemExtensions

  constructor(code: string, status: number, detail: string, options: ProblemOptions = {}) {
    super(options.detail ?? detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = status
    this.errors = options.errors
    this.headers = options.headers ?? {}
    this.extensions = options.extensions ?? {}
  }
}

/** Declares one way in which a request can fail; call the result to make the error to throw. */
export const problem = (code: string, status: number, detail: string) => (options?: ProblemOptions) =>
  new Problem(code, status, detail, options)
