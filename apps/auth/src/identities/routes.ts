import cookie from '@fastify/cookie'
import type { IdentityProvider } from '@gatehouse/contracts/social-login'
import * as contract from '@gatehouse/contracts/social-login'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { beginSocialLogin, socialLoginSeconds } from './begin-social-login.ts'
import { type FinishDeps, finishSocialLogin } from './finish-social-login.ts'
import { type LinkDeps, linkIdentity } from './link-identity.ts'
import { redeemLoginCode } from './redeem-login-code.ts'
import { identitiesOf } from './repository.ts'
import { unlinkIdentity } from './unlink-identity.ts'

interface Deps extends FinishDeps, LinkDeps {}

export const identityRoutes: Routes<Deps> = async (app, deps) => {
  await app.register(cookie)

  const start = async (
    provider: IdentityProvider,
    request: FastifyRequest & { query: { returnTo?: string | undefined } },
    reply: FastifyReply,
  ) => {
    const asked = { provider, returnTo: request.query.returnTo, browser: browserOf(request) }
    const { url, browser } = await beginSocialLogin(deps, asked, request.origin)
    remember(reply, browser)
    return reply.redirect(url)
  }
  const finish = async (
    provider: IdentityProvider,
    request: FastifyRequest & { query: { state: string } },
    reply: FastifyReply,
  ) => {
    const returned = { ...request.query, provider, browser: browserOf(request) }
    const outcome = await finishSocialLogin(deps, returned, request.origin)
    if (outcome === undefined) return reply.code(204).send()
    return 'tokens' in outcome ? reply.send(outcome.tokens) : reply.redirect(outcome.location)
  }

  app.route({ ...contract.startGoogleLogin, handler: (request, reply) => start('google', request, reply) })
  app.route({ ...contract.finishGoogleLogin, handler: (request, reply) => finish('google', request, reply) })
  app.route({ ...contract.startGithubLogin, handler: (request, reply) => start('github', request, reply) })
  app.route({ ...contract.finishGithubLogin, handler: (request, reply) => finish('github', request, reply) })
  app.route({
    ...contract.startMicrosoftLogin,
    handler: (request, reply) => start('microsoft', request, reply),
  })
  app.route({
    ...contract.finishMicrosoftLogin,
    handler: (request, reply) => finish('microsoft', request, reply),
  })

  app.route({
    ...contract.redeemLoginCode,
    handler: (request) => {
      const { code, mfaCode } = request.body
      return redeemLoginCode(deps, { code, mfaCode, browser: browserOf(request) }, request.origin)
    },
  })

  app.route({
    ...contract.listMyIdentities,
    handler: async ({ principal }) => {
      const rows = await readInPlatform(deps.db, (tx) => identitiesOf(tx, principal.id))
      return { data: rows.map(toContract) }
    },
  })

  app.route({
    ...contract.linkIdentity,
    handler: async (request, reply) => {
      const asked = { ...request.body, ...request.params, browser: browserOf(request) }
      const { url, browser } = await linkIdentity(deps, request.principal, asked, request.origin)
      remember(reply, browser)
      return { url }
    },
  })

  app.route({
    ...contract.unlinkIdentity,
    handler: async ({ principal, params, body, origin }, reply) => {
      await unlinkIdentity(deps, principal, { ...body, ...params }, origin)
      return reply.code(204).send()
    },
  })
}

/** The prefix has browsers take it from this host alone and over HTTPS alone (RFC 6265bis, section 4.1.3.2). */
const cookieName = '__Host-gatehouse-sign-in'

const browserOf = ({ cookies }: FastifyRequest) => cookies[cookieName]

/** Sent along when another site sends the browser back (`Lax`), and until a code that it came back with is spent. */
const remember = (reply: FastifyReply, browser: string) =>
  reply.setCookie(cookieName, browser, {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'lax',
    maxAge: socialLoginSeconds + 300,
  })

const toContract = (row: Awaited<ReturnType<typeof identitiesOf>>[number]) => ({
  provider: row.provider,
  email: row.email,
  linkedAt: row.createdAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
})
