import { expect, test } from 'vitest'
import { isPermission, PermissionList, permissionNames } from './permissions.ts'

test.each(permissionNames)('%s is a permission, written resource:action', (name) => {
  expect(name).toMatch(/^[a-z]+(-[a-z]+)*:[a-z]+$/)
  expect(isPermission(name)).toBe(true)
})

test.each([
  '*',
  'users:*',
  '*:read',
  'users',
  'users:rea',
  'users:read ',
  'Users:read',
  'users:read users:write',
  '__proto__',
  'constructor',
])('%j is none, and cannot be given', (word) => {
  expect(isPermission(word)).toBe(false)
  expect(PermissionList.safeParse([word]).success).toBe(false)
})

test.each([
  'audit:write',
  'audit:reconcile',
  'erasures:write',
  'registrations:write',
  'principals:read',
  'principals:write',
  'tokens:exchange',
  'tokens:introspect',
  'tokens:revoke',
])('%s is for services and cannot be given', (name) => {
  expect(isPermission(name)).toBe(true)
  expect(PermissionList.safeParse([name]).success).toBe(false)
})

test('a permission that is given twice is given once', () => {
  expect(PermissionList.parse(['users:read', 'roles:read', 'users:read'])).toEqual([
    'users:read',
    'roles:read',
  ])
})
