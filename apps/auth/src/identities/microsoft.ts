import { providerRefused } from '../errors.ts'
import type { Claims } from './id-token.ts'
import { namesOf } from './names.ts'
import { createOpenIdProvider, type OpenIdOptions } from './openid-provider.ts'

type Options = Pick<OpenIdOptions, 'clientId' | 'clientSecret' | 'redirectUri'> & { readonly issuer: string }

/** The tenant of personal accounts. */
const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'
const tenantId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Microsoft: `issuer` ends in `/<tenant>/v2.0`, for one tenant by its id, or in `common`, `organizations` or `consumers`
 * for the accounts of many. These share their endpoints, and each id token names its tenant in `tid` and in `iss`.
 */
export function createMicrosoft({ issuer, ...client }: Options) {
  const [, base = '', audience = ''] = /^(.*)\/([^/]+)\/v2\.0$/.exec(issuer) ?? []
  const of = (tenant: string) => `${base}/${tenant}/v2.0`
  const only = audience === 'consumers' ? personal : tenantId.test(audience) ? audience : undefined
  const isAdmitted = (tid: string) =>
    only === undefined ? !(audience === 'organizations' && tid === personal) : tid === only
  const issuerOf = ({ tid = '' }: Pick<Claims, 'tid'>) =>
    tenantId.test(tid) && isAdmitted(tid) ? of(tid) : undefined

  return createOpenIdProvider({
    ...client,
    url: issuer,
    discoveredIssuer: of(only ?? '{tenantid}'),
    issuerOf,
    isIssuer: (iss) => iss === issuerOf({ tid: iss.slice(base.length + 1, -'/v2.0'.length) }),
    identityOf: ({ iss, oid, email, xms_edov, ...names }) => {
      if (oid === undefined || !tenantId.test(oid)) throw providerRefused()
      return {
        provider: 'microsoft',
        issuer: iss,
        // `sub` is another one for each application; `oid` is the account's.
        subject: oid,
        email,
        verifiedEmail: isTrue(xms_edov) ? email : undefined,
        ...namesOf({ ...names, email }),
      }
    },
  })
}

/**
 * `xms_edov`, an optional claim: that the domain of the address is the tenant's own. Without it the address is whatever
 * an administrator of any tenant has written there.
 */
const isTrue = (claim: unknown) => claim === true || claim === 1 || claim === '1' || claim === 'true'
