import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import type { KeyEncryptionKeys, Seal } from '@gatehouse/keys/seal'
import type { QueueRequest } from '@gatehouse/mail/mails'
import type { Throttle } from '@gatehouse/throttle/throttle'
import { createRevokeApiKey, endApiKeys } from './api-keys/delete-api-key.ts'
import { createExamineApiKey } from './api-keys/examine-api-key.ts'
import { apiKeyRoutes } from './api-keys/routes.ts'
import { createBackground } from './background.ts'
import { askSelf } from './callers.ts'
import { createFollowDepartures, forgetPerson, forgetTenant } from './departures/follow-departures.ts'
import type { Directory } from './directory.ts'
import { emailVerificationRoutes } from './email-verification/routes.ts'
import { createSendVerification } from './email-verification/send-verification.ts'
import { createProviders } from './identities/providers.ts'
import { identityRoutes } from './identities/routes.ts'
import type { Issuer } from './issuer.ts'
import { keyRoutes } from './keys/routes.ts'
import type { Links } from './links.ts'
import type { Notify, ResetRequest } from './notify.ts'
import type { ExaminePartner } from './partner-gateway.ts'
import { createCheckPassword } from './passwords/check-password.ts'
import { passwordRoutes } from './passwords/routes.ts'
import { checkNewPassword } from './passwords/strength.ts'
import type { Passwords } from './passwords.ts'
import type { Policy } from './policy.ts'
import { privacyRoutes } from './privacy/routes.ts'
import type { CompletionDeps } from './registrations/complete-registration.ts'
import { createEnterFromProvider } from './registrations/enter-from-provider.ts'
import { register } from './registrations/register.ts'
import { createCheckSecondFactor } from './second-factors/check-second-factor.ts'
import { createFindFactors } from './second-factors/find-factors.ts'
import { createReauthenticate } from './second-factors/reauthenticate.ts'
import { secondFactorRoutes } from './second-factors/routes.ts'
import { createVerifySecondFactor } from './second-factors/verify-second-factor.ts'
import { serviceAccountRoutes } from './service-accounts/routes.ts'
import { endSessions } from './sessions/end-sessions.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { createSignIn } from './sessions/sign-in.ts'
import type { SessionTimes } from './sessions/start-session.ts'
import type { Enter } from './sign-in.ts'
import type { SocialLoginSettings } from './social-login-settings.ts'
import { createReadAccessToken } from './tokens/read-access-token.ts'
import { tokenRoutes } from './tokens/routes.ts'
import { type PartnerIssuer, trustedIssuers } from './tokens/trusted-issuers.ts'

export interface Deps {
  readonly policy: Policy
  readonly db: Database
  readonly directory: Directory
  readonly issuer: Issuer
  readonly passwords: Passwords
  /** What successors of refresh tokens are derived with; 32 bytes. */
  readonly refreshKeys: KeyEncryptionKeys
  readonly sessionTimes: SessionTimes
  /** What the secrets of API keys are derived with that may have to be shown again; 32 bytes. */
  readonly apiKeySecret: Uint8Array
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
  readonly throttle: Throttle
  /** Clears out of the outbox what audit has of people who were erased. */
  readonly clearRemnants: () => Promise<void>
  readonly links: Links
  readonly notify: Notify
  readonly queueReset: QueueRequest<ResetRequest>
  readonly seal: Seal
  readonly socialLogin: SocialLoginSettings
  /** Whose tokens may be exchanged besides our own. */
  readonly partnerIssuer?: PartnerIssuer | undefined
  readonly examinePartner?: ExaminePartner | undefined
  /** From where services may ask for tokens; without it, from anywhere. */
  readonly serviceTokenNetworks?: readonly string[] | undefined
}

/** What completes registrations, in a request or after a crash. */
export const completionOf = (deps: Deps): CompletionDeps => ({
  db: deps.db,
  directory: deps.directory,
  onRegistered: createSendVerification(deps),
  ...(!deps.policy.disclosesTakenEmail && {
    onEmailTaken: (tx, owner) => deps.notify(tx, owner, { kind: 'email_taken', link: deps.links.signIn }),
  }),
})

/** What does away with what was a person's or a tenant's that is gone. */
export const departuresOf = ({ db }: Deps) => createFollowDepartures({ db, endSessions, endApiKeys })

export function buildApp(server: ServerOptions, deps: Deps) {
  const tokens = {
    ...deps,
    issuerUrl: server.authentication.issuer,
    isRevoked: server.authentication.isRevoked,
    isFresh: server.authentication.isFresh,
    readAccessToken: createReadAccessToken(trustedIssuers(server.authentication, deps.partnerIssuer)),
    endSessions,
    examineApiKey: createExamineApiKey({ db: deps.db, log: server.log }),
    revokeApiKey: createRevokeApiKey(deps),
  }
  const app = createServer({ ...server, authentication: { ...askSelf(tokens), ...server.authentication } })
  const { background, settled } = createBackground(server.log)
  app.addHook('onClose', settled)
  const sendVerification = createSendVerification(deps)
  const checkPassword = createCheckPassword({ ...deps, background })
  const checkSecondFactor = createCheckSecondFactor({ ...deps, background })
  const findFactors = createFindFactors(deps)
  const signIn = createSignIn({ ...deps, checkSecondFactor, sendVerification, background })
  const completion = completionOf(deps)
  const enter: Enter = (input, request) =>
    register({ ...deps, ...completion, checkPassword, checkNewPassword, background }, input, request)
  const reauthenticate = createReauthenticate({ ...deps, checkPassword, background })

  app.register(sessionRoutes, { ...deps, checkPassword, findFactors, signIn, enter, background })
  app.register(secondFactorRoutes, { ...deps, reauthenticate, signIn, background })
  app.register(identityRoutes, {
    ...deps,
    signIn,
    enterFromProvider: createEnterFromProvider({ ...deps, ...completion }),
    reauthenticate,
    providers: createProviders(deps.socialLogin),
    returnUrls: deps.socialLogin.LOGIN_RETURN_URLS,
  })
  app.register(passwordRoutes, {
    ...deps,
    checkPassword,
    checkNewPassword,
    endSessions,
    verifySecondFactor: createVerifySecondFactor({ ...deps, background }),
  })
  app.register(emailVerificationRoutes, { ...deps, sendVerification })
  app.register(apiKeyRoutes, deps)
  app.register(serviceAccountRoutes, deps)
  app.register(keyRoutes, deps)
  app.register(tokenRoutes, tokens)
  app.register(privacyRoutes, {
    ...deps,
    reauthenticate,
    endSessions,
    forgetPerson: (userId) => forgetPerson(deps.db, userId),
    forgetTenant: (tenantId) => forgetTenant(deps.db, tenantId),
  })
  return app
}
