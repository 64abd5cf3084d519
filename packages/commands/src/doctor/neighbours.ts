import { serviceToken } from '@gatehouse/client/service-token'
import type { ServiceName } from '@gatehouse/contracts/events'
import { Problem } from '@gatehouse/contracts/problem'
import { bad, type Check, type Finding, good } from './finding.ts'

/** Settings that name another service. */
const names = [
  'AUTH_URL',
  'DIRECTORY_URL',
  'AUDIT_URL',
  'PARTNER_GATEWAY_URL',
  'JWKS_URL',
  'PARTNER_JWKS_URL',
] as const

/** A check for each neighbour that the settings name, and that auth takes the service's secret. */
export function neighbourChecks(service: ServiceName, settings: object): Readonly<Record<string, Check>> {
  const values = settings as Readonly<Record<string, unknown>>
  const given = names.flatMap((name) => {
    const url = values[name]
    return typeof url === 'string' ? [[name, () => answers(name, url)] as const] : []
  })
  const { AUTH_URL: authUrl, SERVICE_SECRET: serviceSecret } = values
  const checks = Object.fromEntries(given)
  if (typeof authUrl !== 'string' || typeof serviceSecret !== 'string') return checks
  return { ...checks, SERVICE_SECRET: () => isLetIn({ authUrl, serviceName: service, serviceSecret }) }
}

async function answers(name: string, url: string): Promise<Finding> {
  const target = name.endsWith('JWKS_URL') ? url : `${url}/health`
  try {
    const { status } = await fetch(target, { redirect: 'error', signal: AbortSignal.timeout(3_000) })
    if (status === 200) return good(`${url} answers.`)
    return bad(
      `${target} answered ${status}.`,
      `Set ${name} to the service itself, not to a gateway before it.`,
    )
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : `${error}`
    return bad(`${target} does not answer: ${reason}.`, `Start it, or set ${name} to where it is.`)
  }
}

async function isLetIn(account: {
  authUrl: string
  serviceName: string
  serviceSecret: string
}): Promise<Finding> {
  const token = serviceToken(account)
  try {
    await token()
    return good('auth takes it.')
  } catch (error) {
    const refusal = error instanceof Problem && error.cause instanceof Problem ? error.cause : undefined
    if (refusal?.status !== 401) throw error
    return bad(
      `auth refuses it: ${refusal.message}`,
      `In auth's image run "gatehouse rotate service-secret ${account.serviceName}", or "gatehouse bootstrap" at the first start.`,
    )
  } finally {
    token.stop()
  }
}
