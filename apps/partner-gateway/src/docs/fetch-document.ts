import { problem } from '@gatehouse/contracts/problem'
import { OpenApiDocument } from './merge-documents.ts'

const documentUnavailable = problem(
  'docs.unavailable',
  503,
  'The description of a service cannot be had just now.',
)

/** The OpenAPI document of a service. @throws documentUnavailable */
export async function fetchDocument(service: string, url: string): Promise<OpenApiDocument> {
  try {
    const response = await fetch(`${url}/api/openapi/${service}.json`, {
      signal: AbortSignal.timeout(3000),
      redirect: 'error',
    })
    return OpenApiDocument.parse(await response.json())
  } catch (cause) {
    const detail = `The description of the service ${service} cannot be had just now.`
    throw documentUnavailable({ detail, cause, headers: { 'retry-after': '5' } })
  }
}
