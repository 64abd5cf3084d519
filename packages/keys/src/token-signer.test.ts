import { decodeJwt, exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { createTokenSigner } from './token-signer.ts'

test('a token says what it was given to say, the fraction of its time of issue too', async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const signer = createTokenSigner(() => new Error('no key'))
  const claims = { sub: 'somebody', iat: 1_700_000_000.25, exp: 1_700_000_600 }
  expect(() => signer.sign(claims)).toThrow('no key')
  signer.use({ kid: 'one', privateJwk: await exportJWK(privateKey) })
  expect(decodeJwt(signer.sign(claims))).toEqual(claims)
})
