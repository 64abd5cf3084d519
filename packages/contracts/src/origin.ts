/** Where a request came from: what every event and every call to another service carries along. */
export interface Origin {
  /** The client's `X-Correlation-Id` (`[A-Za-z0-9-]{8,64}`), or the request's own id. */
  readonly correlationId: string
  /** The client's address as the trusted proxies saw it, canonical. */
  readonly sourceIp: string | undefined
  readonly userAgent: string | undefined
  /** W3C Trace Context. */
  readonly traceparent: string | undefined
}
