import * as z from 'zod'
import { Id } from './identifiers.ts'

/** Names another tenant than the caller's own. */
export const PastTenant = z.strictObject({
  tenantId: Id.optional().meta({
    description: 'Another tenant than your own: for administrators of the platform, and recorded there.',
  }),
})
