import { namesOf } from './names.ts'
import { createOpenIdProvider, type OpenIdOptions } from './openid-provider.ts'

type Options = Pick<OpenIdOptions, 'clientId' | 'clientSecret' | 'redirectUri'> & { readonly issuer: string }

export const createGoogle = ({ issuer, ...client }: Options) =>
  createOpenIdProvider({
    ...client,
    url: issuer,
    discoveredIssuer: issuer,
    issuerOf: () => issuer,
    isIssuer: (iss) => iss === issuer,
    identityOf: ({ sub, email, email_verified, ...names }) => ({
      provider: 'google',
      issuer,
      subject: sub,
      email,
      verifiedEmail: email_verified === true ? email : undefined,
      ...namesOf({ ...names, email }),
    }),
  })
