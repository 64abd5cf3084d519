import * as z from 'zod'
import { invalidSocialLogin, providerRefused, providerUnavailable } from '../errors.ts'
import { createOAuthClient, type OAuthClientOptions } from '../oauth-client.ts'
import { fetchJson } from './limited-fetch.ts'
import { namesOf } from './names.ts'
import type { Provider } from './provider.ts'
import { remembered } from './remembered.ts'
import { requestToken } from './request-token.ts'

type Options = Pick<OAuthClientOptions, 'clientId' | 'clientSecret' | 'redirectUri'> & {
  readonly url: string
  readonly apiUrl: string
}

/** A refusal is a 200 with an `error` in it. */
const TokenAnswer = z.union([
  z.object({ access_token: z.string() }),
  z.object({ error: z.literal('bad_verification_code') }),
])
const Account = z.object({ id: z.int().positive(), login: z.string(), name: z.string().nullish() })
const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() })).max(1000)

/** GitHub, which speaks OAuth 2 without OpenID Connect: who somebody is, its API says. */
export function createGithub({ url, apiUrl, ...client }: Options): Provider {
  const connect = remembered(Number.POSITIVE_INFINITY, () =>
    createOAuthClient({
      ...client,
      scope: ['read:user', 'user:email'],
      authorizationEndpoint: `${url}/login/oauth/authorize`,
      tokenEndpoint: `${url}/login/oauth/access_token`,
    }).catch((cause: unknown) => {
      throw providerUnavailable({ cause })
    }),
  )

  const ask = async <S extends z.ZodType>(path: string, schema: S, accessToken: string) => {
    const headers = { authorization: `Bearer ${accessToken}`, 'user-agent': 'gatehouse' }
    const answer = await fetchJson(`${apiUrl}${path}`, headers).catch((cause: unknown) => {
      throw providerUnavailable({ cause })
    })
    const { data, error } = schema.safeParse(answer)
    if (error) throw providerRefused({ cause: error })
    return data
  }

  return {
    // There is no ID token that could carry the nonce.
    begin: async () => ({ ...(await (await connect()).authorize()), nonce: '' }),

    async identify(answer) {
      if (answer.iss !== undefined && !URL.canParse(answer.iss)) throw invalidSocialLogin()
      if (answer.iss !== undefined && new URL(answer.iss).origin !== new URL(url).origin)
        throw invalidSocialLogin()
      const { data: token, error } = TokenAnswer.safeParse(await requestToken(await connect(), answer))
      if (error) throw providerRefused({ cause: error })
      if ('error' in token) throw invalidSocialLogin()
      const [account, emails] = await Promise.all([
        ask('/user', Account, token.access_token),
        ask('/user/emails', Emails, token.access_token),
      ])
      const primary = emails.find((email) => email.primary)
      const email = primary?.email
      return {
        provider: 'github',
        issuer: url,
        // The number stays; a login can be given up, and taken by somebody else.
        subject: `${account.id}`,
        email,
        verifiedEmail: primary?.verified === true ? email : undefined,
        ...namesOf({ name: account.name ?? account.login, email }),
      }
    },
  }
}
