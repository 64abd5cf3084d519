import { type DataMap, idempotencyData } from '@gatehouse/db/data-map'
import { eventData } from '@gatehouse/events/data-map'
import { mailData } from '@gatehouse/mail/data-map'

const untilErased = 'until the person is erased'
const whileMember = 'while they belong to the tenant'

/** What the directory holds on people. */
export const dataMap = {
  users: {
    purpose: 'Knowing who somebody is, across all of their tenants.',
    retention: untilErased,
    erasure: 'blanked',
    subject: ['id'],
    personal: [
      'email',
      'email_verified',
      'first_name',
      'last_name',
      'status',
      'created_at',
      'updated_at',
      'last_login_at',
    ],
    technical: ['version'],
  },
  memberships: {
    purpose: 'Knowing which tenants somebody belongs to, and finding them there.',
    retention: whileMember,
    erasure: 'deleted',
    subject: ['user_id'],
    personal: ['tenant_id', 'status', 'created_at', 'email', 'last_name', 'search', 'person_created_at'],
  },
  role_assignments: {
    purpose: 'Knowing what somebody may do.',
    retention: whileMember,
    erasure: 'deleted',
    subject: ['user_id'],
    personal: ['tenant_id', 'role_id', 'created_at'],
  },
  email_changes: {
    purpose: 'Letting a new address be confirmed before it holds.',
    retention: '24 hours',
    erasure: 'deleted',
    subject: ['user_id'],
    personal: ['email', 'created_at', 'expires_at'],
    secret: ['digest'],
    technical: ['tenant_id'],
  },
  invites: {
    purpose: 'Offering somebody a place in a tenant, and knowing who offered it.',
    retention: 'while the tenant is there',
    erasure: 'deleted',
    subject: ['invited_by', 'accepted_by'],
    personal: ['tenant_id', 'email', 'role_id', 'created_at', 'expires_at', 'accepted_at', 'revoked_at'],
    secret: ['digest'],
    technical: ['id', 'version', 'updated_at'],
  },
  consents: {
    purpose: 'Proving what somebody has consented to (GDPR Art. 7(1)).',
    retention: untilErased,
    erasure: 'deleted',
    subject: ['user_id'],
    personal: [
      'tenant_id',
      'consent_type',
      'granted',
      'version',
      'locale',
      'sha256',
      'source',
      'recorded_at',
    ],
    technical: ['id', 'position'],
  },
  consent_texts: {
    technical: ['id', 'tenant_id', 'consent_type', 'version', 'wordings', 'published_at'],
  },
  tenants: {
    technical: [
      'id',
      'name',
      'slug',
      'type',
      'country',
      'config',
      'status',
      'deleted_at',
      'version',
      'created_at',
      'updated_at',
    ],
  },
  tenant_settings: { technical: ['tenant_id', 'settings', 'version', 'created_at', 'updated_at'] },
  roles: {
    technical: [
      'id',
      'tenant_id',
      'name',
      'display_name',
      'description',
      'category',
      'permissions',
      'is_active',
      'version',
      'created_at',
      'updated_at',
    ],
  },
  ...mailData,
  ...idempotencyData,
  ...eventData,
} as const satisfies DataMap
