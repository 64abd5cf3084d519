import type { Origin } from '@gatehouse/contracts/origin'
import type { Register } from '@gatehouse/contracts/registration'
import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import type { QueueMail } from '@gatehouse/mail/mails'
import type { Directory } from './directory.ts'
import type { Issuer } from './issuer.ts'
import { keyRoutes } from './keys/routes.ts'
import { createCheckPassword } from './passwords/check-password.ts'
import type { Passwords } from './passwords.ts'
import { register } from './registrations/register.ts'
import { createCheckSecondFactor } from './second-factors/check-second-factor.ts'
import { serviceAccountRoutes } from './service-accounts/routes.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { createSignIn } from './sessions/sign-in.ts'
import type { Throttle } from './throttle.ts'

export interface Deps {
  readonly db: Database
  readonly directory: Directory
  readonly issuer: Issuer
  readonly passwords: Passwords
  /** What successors of refresh tokens are derived with; 32 bytes. */
  readonly refreshKey: Uint8Array
  readonly throttle: Throttle
  readonly queueMail: QueueMail
}

export function buildApp(server: ServerOptions, deps: Deps) {
  const app = createServer(server)
  const checkPassword = createCheckPassword(deps)
  const checkSecondFactor = createCheckSecondFactor(deps)
  const signIn = createSignIn({ ...deps, checkSecondFactor })
  const enter = (input: Register, origin: Origin) => register(deps, input, origin)

  app.register(sessionRoutes, { ...deps, checkPassword, signIn, enter })
  app.register(serviceAccountRoutes, deps)
  app.register(keyRoutes, deps)
  return app
}
