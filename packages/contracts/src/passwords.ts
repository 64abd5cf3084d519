import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { Password } from './text.ts'

export const ChangePassword = z.strictObject({ currentPassword: Password, newPassword: Password })
export type ChangePassword = z.infer<typeof ChangePassword>

export const changePassword = {
  method: 'POST',
  url: '/api/users/me/change-password',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'changePassword',
    summary: 'Change your own password',
    description: 'Every other session of yours ends.',
    tags: ['Users'],
    body: ChangePassword,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
