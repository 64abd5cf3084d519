import type { Endpoint } from '@gatehouse/contracts/endpoint'
import { isPermission, permissions } from '@gatehouse/contracts/permissions'
import { services } from '@gatehouse/contracts/services'
import findMyWay from 'find-my-way'

const endpoints = Object.values(services)
  .flat()
  .filter(({ schema }) => !schema.hide)
const router = findMyWay({ maxParamLength: 500 })
for (const { method, url, schema } of endpoints) router.on(method, url, () => {}, schema.operationId)

/** Which operation a request is. */
export const operationOf = (method: string, path: string) =>
  router.find(method as 'GET', path.split('?', 1)[0] ?? '')?.store as string | undefined

const takesInput = ({ schema: { params, querystring, body } }: Endpoint) =>
  [params, querystring, body].some((input) => input !== undefined)

/** Whether somebody calls it who is not a service, nor an administrator of the platform. */
const isForPeople = ({ config: { access, kinds } }: Endpoint) =>
  (kinds?.some((kind) => kind !== 'service') ?? true) &&
  (!isPermission(access) || permissions[access].grantable === 'tenant')

/** Everything that a person, or a program of theirs, can give anything of them to. */
export const openToPeople: readonly Endpoint[] = endpoints.filter(
  (endpoint) => takesInput(endpoint) && isForPeople(endpoint),
)

/** What a canary does not call, and why that leaves nothing out. */
export const exceptions: Readonly<Record<string, string>> = {
  issueServiceToken: 'of services alone, by their secrets',
  startGithubLogin: 'as by Google, into the same tables',
  finishGithubLogin: 'as by Google, into the same tables',
  startMicrosoftLogin: 'as by Google, into the same tables',
  finishMicrosoftLogin: 'as by Google, into the same tables',
  getErasureRequest: 'the witness asks, by an id that says nothing of anybody',
}
