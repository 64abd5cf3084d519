import type { LoginFailure } from '@gatehouse/contracts/auth-events'
import type { Origin } from '@gatehouse/contracts/origin'
import { Problem } from '@gatehouse/contracts/problem'
import type { Login, Tokens } from '@gatehouse/contracts/sessions'
import { readInPlatform } from '@gatehouse/db/tenant'
import { type Exhaustion, networkOf, refusal, type Throttle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import type { Background } from '../background.ts'
import type { Directory, Standing } from '../directory.ts'
import { mfaRequired, wrongCredentials } from '../errors.ts'
import type { CheckPassword, FindFactors, SignIn } from '../sign-in.ts'
import { familiarDays, type LoginLimits, loginLimits } from './login-limits.ts'
import * as sessions from './repository.ts'
import { recordFailure } from './sign-in.ts'
import type { SessionDeps } from './start-session.ts'

export interface LoginDeps extends SessionDeps {
  readonly directory: Directory
  readonly throttle: Throttle
  readonly checkPassword: CheckPassword
  readonly findFactors: FindFactors
  readonly signIn: SignIn
  readonly background: Background
}

/** Where a login came from, and what tells that nobody waits for it any more. */
export interface LoginRequest {
  readonly origin: Origin
  readonly signal?: AbortSignal
}

/**
 * Signs a person in by their password. Somebody unknown costs the same steps as a wrong password and gets the
 * same answer. Only failures count against the limits.
 * @throws wrongCredentials; tooManyRequests; what `SignIn` and `CheckPassword` throw
 */
export async function login(deps: LoginDeps, body: Login, request: LoginRequest): Promise<Tokens> {
  const limits = loginLimits(body.email, request.origin)
  const giveBack = () =>
    deps.background('giving login attempts back', () => deps.throttle.giveBack(limits.all))
  try {
    const tokens = await attempt(deps, body, limits, request)
    giveBack()
    return tokens
  } catch (error) {
    if (!isFailure(error)) giveBack()
    throw error
  }
}

async function attempt(
  deps: LoginDeps,
  { email, password, mfaCode }: Login,
  limits: LoginLimits,
  { origin, signal }: LoginRequest,
) {
  const [exhaustion, authority] = await Promise.all([
    deps.throttle.tryTake(limits.all),
    deps.directory.resolve({ email }, origin),
  ])
  const refuse = (reason: LoginFailure) => recordFailure(deps, authority, reason, origin)

  if (exhaustion && !(await isExempt(deps, exhaustion, limits, authority, origin))) {
    // One event tells of all that a window refuses.
    if (exhaustion.isFirst) await refuse('rate_limited')
    throw refusal(exhaustion)
  }
  // Looked up while the password is hashed, and in vain where that is wrong.
  const factors = deps.findFactors(authority?.user.id ?? uuidv7())
  factors.catch(() => undefined)
  const isRight = await deps.checkPassword(authority?.user.id, password, signal)
  if (authority && isRight)
    return deps.signIn(authority, { method: 'password', amr: ['pwd'], mfaCode, factors }, origin)

  await refuse(authority ? 'wrong_password' : 'unknown_user')
  throw wrongCredentials()
}

/** Whether the limit on the account does not hold here, because the person has signed in from this address lately. */
async function isExempt(
  { db }: LoginDeps,
  { limit }: Exhaustion,
  { account }: LoginLimits,
  authority: Standing | undefined,
  { sourceIp }: Origin,
) {
  if (limit !== account || sourceIp === undefined) return false
  const userId = authority?.user.id ?? uuidv7()
  return readInPlatform(db, (tx) => sessions.isFamiliar(tx, userId, networkOf(sourceIp), familiarDays))
}

/** Whether somebody has guessed wrong. Who still has to show a second factor has not. */
const isFailure = (error: unknown) =>
  error instanceof Problem &&
  (error.status === 429 || (error.status === 401 && error.code !== mfaRequired().code))
