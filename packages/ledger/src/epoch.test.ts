import { expect, test } from 'vitest'
import { formatOrigin, parseOrigin, parseRestart } from './epoch.ts'

const name = 'id.example.com/audit'
const tenantId = '0198c1a2-7d3e-7b51-9c40-2f6a1b8e5d07'

test.each([
  [1, `${name}/${tenantId}`],
  [2, `${name}/2/${tenantId}`],
  [31, `${name}/31/${tenantId}`],
])('the origin of epoch %i is read as it is written', (epoch, origin) => {
  expect(formatOrigin({ name, tenantId, epoch })).toBe(origin)
  expect(parseOrigin(origin)).toEqual({ name, tenantId, epoch })
})

test.each(['', tenantId, '/', `${name}/`])('%j is no origin', (origin) => {
  expect(parseOrigin(origin)).toBeUndefined()
})

test.each([null, 7, {}, { epoch: 2, agreesUpTo: 1 }, { epoch: '2', agreesUpTo: 1, signedSize: 2 }])(
  '%j is no restart',
  (metadata) => {
    expect(parseRestart(metadata)).toBeUndefined()
  },
)
