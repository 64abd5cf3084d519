import { expect, test } from 'vitest'
import { type ExportedEntry, type ExportHeader, parseExportEntry, parseExportHeader } from './export.ts'

const header: ExportHeader = {
  format: 'gatehouse-audit-export',
  version: 1,
  tenantId: '0198c1a2-0000-7000-8000-000000000001',
  checkpoint: 'a note',
  retainedFrom: 0,
}
const entry: ExportedEntry = {
  index: 7,
  id: '0198c1a2-0000-7000-8000-000000000002',
  occurredAt: '2026-11-25T08:00:00.000Z',
  service: 'directory',
  actorType: 'user',
  actorId: '0198c1a2-0000-7000-8000-000000000003',
  action: 'user.updated',
  resource: 'user',
  resourceId: null,
  correlationId: null,
  originCommitment: 'aa',
  detailsCommitment: null,
  origin: { salt: 'bb', value: { sourceIp: '192.0.2.7' } },
  details: null,
  leafHash: 'cc',
}
const lineOf = (value: object) => JSON.stringify(value)

test('a header and entries read as they were written', () => {
  expect(parseExportHeader(lineOf(header))).toEqual(header)
  expect(parseExportEntry(lineOf(entry))).toEqual(entry)
  expect(parseExportEntry(lineOf({ index: 3, leafHash: 'cc' }))).toEqual({ index: 3, leafHash: 'cc' })
})

test.each([
  ['is no JSON', '{'],
  ['is no object', '7'],
  ['is of another format', lineOf({ ...header, format: 'csv' })],
  ['is of another version', lineOf({ ...header, version: 2 })],
  ['names no tenant', lineOf({ ...header, tenantId: undefined })],
  ['names what is no tenant', lineOf({ ...header, tenantId: `${header.tenantId}\nGOOD.` })],
  ['has no checkpoint', lineOf({ ...header, checkpoint: null })],
  ['does not say what is retained', lineOf({ ...header, retainedFrom: -1 })],
])('what %s is no header', (_, line) => {
  expect(() => parseExportHeader(line)).toThrow(TypeError)
})

test.each([
  ['is no JSON', lineOf(entry).slice(0, -1)],
  ['is null', 'null'],
  ['has no index', lineOf({ ...entry, index: '7' })],
  ['has no hash', lineOf({ ...entry, leafHash: null })],
  ['lacks a member', lineOf({ ...entry, action: undefined })],
  ['has null for text', lineOf({ ...entry, actorId: null })],
  ['has a number for text', lineOf({ ...entry, correlationId: 7 })],
  ['has a member that no leaf commits to', lineOf({ ...entry, verified: true })],
  ['discloses without a salt', lineOf({ ...entry, origin: { value: 1 } })],
  ['discloses nothing', lineOf({ ...entry, details: { salt: 'bb' } })],
])('what %s is no entry', (_, line) => {
  expect(() => parseExportEntry(line)).toThrow(TypeError)
})
