import { expect, test } from 'vitest'
import { CreateRole, RoleName, UpdateRole } from './roles.ts'

test('role names that differ by case alone are one name', () => {
  expect(RoleName.parse('Tenant-Admin')).toBe('tenant-admin')
  expect(RoleName.parse('SUPPORT_LEAD')).toBe('support_lead')
})

test.each([
  '',
  ' admin',
  'tenant admin',
  '1st',
  '-a',
  'аdmin',
  'admin\u200b',
  'a'.repeat(65),
  '*',
  'admin\n',
  ['admin'],
])('%j is no role name', (name) => {
  expect(RoleName.safeParse(name).success).toBe(false)
})

test('a new role is custom and permits nothing until it is told otherwise', () => {
  expect(CreateRole.parse({ name: 'editor', displayName: 'Editor' })).toEqual({
    name: 'editor',
    displayName: 'Editor',
    category: 'custom',
    permissions: [],
  })
})

test('nobody makes a role of the system, or turns a role into another', () => {
  const role = { name: 'editor', displayName: 'Editor' }
  expect(CreateRole.safeParse({ ...role, category: 'system' }).success).toBe(false)
  expect(CreateRole.safeParse({ ...role, tenantId: null }).success).toBe(false)
  expect(UpdateRole.safeParse({ name: 'tenant-admin' }).success).toBe(false)
  expect(UpdateRole.safeParse({ category: 'support' }).success).toBe(false)
})
