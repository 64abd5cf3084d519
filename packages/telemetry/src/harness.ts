import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, vi } from 'vitest'

export interface ReceivedSpan {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  /** Empty where it is the first of its trace. */
  readonly parentSpanId: string
  /** Of OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly hasFailed: boolean
  readonly attributes: Readonly<Record<string, unknown>>
  /** The ids of the spans that it has links to. */
  readonly links: readonly string[]
}

/** What is read of an export of OTLP over HTTP, in JSON. */
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}
interface OtlpSpan extends Pick<ReceivedSpan, 'name' | 'traceId' | 'spanId' | 'kind'> {
  readonly parentSpanId?: string
  readonly status: { readonly code?: number }
  readonly attributes: readonly Attribute[]
  readonly links?: readonly { readonly spanId: string }[]
}
interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

/** A collector of traces that keeps what it is sent. */
export async function startCollector() {
  const spans: ReceivedSpan[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    bodies.push(body)
    spans.push(...spansOf(JSON.parse(body)))
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(0, '127.0.0.1')
  await vi.waitFor(() => expect(server.listening).toBe(true))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every span so far, as it was received. */
    spans,
    /** Every request so far, as it was sent. */
    bodies,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const spansOf = ({ resourceSpans }: Export): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(service, span)))
  })

const spanOf = (service: string, { name, traceId, spanId, kind, ...rest }: OtlpSpan): ReceivedSpan => ({
  service,
  name,
  traceId,
  spanId,
  parentSpanId: rest.parentSpanId ?? '',
  kind,
  hasFailed: rest.status.code === 2,
  attributes: valuesOf(rest.attributes),
  links: (rest.links ?? []).map(({ spanId }) => spanId),
})

const valuesOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
