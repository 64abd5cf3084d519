import * as z from 'zod'
import { Email } from './email.ts'
import type { Endpoint } from './endpoint.ts'
import { Idempotent } from './http-semantics.ts'
import { OpaqueToken } from './identifiers.ts'
import { Country } from './locale.ts'
import { Tokens } from './sessions.ts'
import { line, NewPassword, PersonName } from './text.ts'

export const CompanyName = line(200)

export const Register = z
  .strictObject({
    email: Email,
    password: NewPassword.meta({
      minLength: 15,
      description:
        'At least 15 characters, also with an invite into a tenant that asks for a second factor: there is none yet. ' +
        'Nothing that is easy to guess.',
    }),
    firstName: PersonName,
    lastName: PersonName,
    companyName: CompanyName.optional().meta({ description: 'Makes a tenant of this name.' }),
    country: Country.optional(),
    inviteToken: OpaqueToken.optional().meta({ description: 'Joins the tenant that the invite is from.' }),
  })
  .refine((body) => body.companyName === undefined || body.inviteToken === undefined, {
    path: ['companyName'],
    error: 'Either companyName or inviteToken, not both',
  })
export type Register = z.infer<typeof Register>

/** The answer where the address has to be proven before anything else; the same whether or not somebody has it. */
export const RegistrationAccepted = z
  .object({ email: Email, next: z.literal('verify_email') })
  .meta({ id: 'RegistrationAccepted' })
export type RegistrationAccepted = z.infer<typeof RegistrationAccepted>

export const register = {
  method: 'POST',
  url: '/api/auth/register',
  config: { access: 'public' },
  schema: {
    operationId: 'register',
    summary: 'Register a new person, and sign them in',
    description:
      'With `companyName` they become the administrator of a new tenant of type customer; with `inviteToken` they ' +
      'join the tenant that invited them, in the role of the invite; with neither they get a tenant of their own. ' +
      'Where the platform wants the e-mail address proven first, the answer is a 202 and a link by mail.',
    tags: ['Signing in'],
    headers: Idempotent,
    body: Register,
    response: { 201: Tokens, 202: RegistrationAccepted },
  },
} as const satisfies Endpoint
