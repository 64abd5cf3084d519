import type { Origin } from '@gatehouse/contracts/origin'
import { isPermission, type Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import {
  type ExchangedToken,
  maxActors,
  type TokenExchange,
  tokenExchangeGrant,
  tokenTypes,
} from '@gatehouse/contracts/tokens'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { accessTokenSeconds } from '@gatehouse/keys/token-signer'
import { v7 as uuidv7 } from 'uuid'
import {
  scopeTooWide,
  subjectTokenRefused,
  targetRefused,
  tooManyActors,
  unsupportedGrantType,
} from '../errors.ts'
import type { Grant, Issuer } from '../issuer.ts'
import { actorsOf } from './actors.ts'
import { type ExaminationDeps, examineAccessToken, examineApiKey } from './examine-token.ts'

export interface ExchangeDeps extends ExaminationDeps {
  readonly issuer: Issuer
}

/** What is to be exchanged: all that the new token may say at most. */
type Subject = Omit<Grant, 'audience'> & { readonly audiences: readonly string[]; readonly expiresAt: number }

/** The audience of a token that is good at whichever service is called. */
const everywhere = 'gatehouse'

/**
 * Exchanges the token of a caller, or their API key, for one for the service behind (RFC 8693): the caller's still, for
 * one audience, with no more scope, no longer life, and `act` saying through whom.
 * @throws unsupportedGrantType
 * @throws subjectTokenRefused also for a token that is for other services than the one that asks
 * @throws tooManyActors
 * @throws targetRefused
 * @throws scopeTooWide
 */
export async function exchangeToken(
  deps: ExchangeDeps,
  asked: TokenExchange,
  service: Principal,
  origin: Origin,
): Promise<ExchangedToken> {
  const { audience, grant_type } = asked
  if (grant_type !== tokenExchangeGrant) throw unsupportedGrantType()
  const subject = await subjectOf(deps, asked, origin)
  const isForService = subject?.audiences.some((name) => name === everywhere || name === service.id)
  if (!subject || !isForService) throw subjectTokenRefused()
  if (actorsOf(subject.actor).length >= maxActors) throw tooManyActors()
  if (audience === everywhere && !subject.audiences.includes(everywhere)) throw targetRefused()

  const permissions = narrowed(subject.permissions, asked.scope)
  const now = Math.floor(Date.now() / 1_000)
  const expiresAt = Math.min(subject.expiresAt, now + accessTokenSeconds)
  if (expiresAt <= now) throw subjectTokenRefused()
  const { audiences: _, ...grant } = subject
  const actor = { sub: service.id, ...(subject.actor && { act: subject.actor }) }
  const token = deps.issuer.issue({ ...grant, audience, permissions, actor, expiresAt })
  const scope = permissions.join(' ')
  await record(deps.db, subject, { audience, scope }, service, origin)
  return {
    access_token: token,
    issued_token_type: tokenTypes.accessToken,
    token_type: 'Bearer',
    expires_in: expiresAt - now,
    scope,
  }
}

async function subjectOf(
  deps: ExchangeDeps,
  { subject_token, subject_token_type }: TokenExchange,
  origin: Origin,
): Promise<Subject | undefined> {
  if (subject_token_type === tokenTypes.apiKey) {
    const key = await examineApiKey(deps, subject_token, origin)
    return (
      key && {
        kind: 'api_key',
        subject: key.id,
        ownerId: key.userId,
        tenantId: key.tenantId,
        clientId: key.id,
        permissions: key.scopes,
        asOf: key.asOf,
        audiences: [everywhere],
        expiresAt: Math.floor((key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) / 1_000),
      }
    )
  }
  const token = await examineAccessToken(deps, subject_token, origin)
  // A service asks for tokens of its own; it is nobody whom another service could act for.
  if (!token || token.kind === 'service') return undefined
  const { issuer: _, id: _id, issuedAt: _issuedAt, sessionId, ...said } = token
  return { ...said, ...(sessionId !== undefined && { sessionId }) }
}

/** What was asked for, or everything. @throws scopeTooWide */
function narrowed(held: readonly Permission[], scope: string | undefined): readonly Permission[] {
  if (scope === undefined) return held
  const words = [...new Set(scope.split(' ').filter(Boolean))]
  const permissions = words.filter(isPermission)
  if (permissions.length < words.length || !permissions.every((word) => held.includes(word)))
    throw scopeTooWide()
  return permissions
}

function record(
  db: Database,
  { kind, subject, tenantId }: Subject,
  about: { audience: string; scope: string },
  service: Principal,
  origin: Origin,
) {
  return inTenant(db, tenantId, (tx) =>
    emit(tx, 'token.exchanged', {
      tenantId,
      actor: { type: service.kind, id: service.id },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { userId: kind === 'user' ? subject : null, subjectKind: kind, subjectId: subject, ...about },
    }),
  )
}
