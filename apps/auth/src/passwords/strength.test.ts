import { expect, test } from 'vitest'
import { minLengths } from '../passwords.ts'
import { checkNewPassword } from './strength.ts'

const about = {
  email: 'ada.lovelace@analytical.example',
  names: ['Ada', 'Lovelace', 'Analytical Engines'],
  minLength: minLengths.alone,
}

test.each([
  ['a few words', 'correct horse battery staple'],
  ['words in another script', 'правильная лошадь батарея'],
  ['words that hold a name', 'lovelace walks a green tortoise'],
  ['what a password manager makes', 'x7#kQp!2mZ@9vLw'],
  ['1024 bytes of it', 'x7#kQp!2mZ@9vLw-'.repeat(64)],
  ['spaces and pictures', '🗝 🐢 🎻 ☂ tortoise 🧵 🪁'],
])('%s may be a password', async (_, password) => {
  await expect(checkNewPassword(password, about)).resolves.toBeUndefined()
})

test.each([
  ['one that many have', 'password12345678'],
  ['one that many have, with signs for letters', 'P4$$w0rdP4$$w0rd'],
  ['a walk over the keyboard', '1qaz2wsx3edc4rfv'],
  ['a row of digits', '123456789012345'],
  ['one letter over and over', 'aaaaaaaaaaaaaaaaaaaa'],
  ['1024 bytes of one that many have', 'password1'.repeat(113)],
  ['the e-mail address', 'ada.lovelace@analytical.example'],
  ['parts of the e-mail address', 'analytical-lovelace1'],
  ['the name and a year', 'Ada Lovelace 1815!'],
  ['the name in full-width letters', 'ＡｄａLovelaceＡｄａLovelace'],
  ['the company', 'AnalyticalEngines1'],
  ['the name of this service', 'gatehouse gatehouse'],
])('%s is refused, with advice', async (_, password) => {
  await expect(checkNewPassword(password, about)).rejects.toMatchObject({
    status: 400,
    code: 'password.too_weak',
    errors: expect.arrayContaining([{ path: 'body.password', message: expect.stringMatching(/\w/) }]),
  })
})

test('a password has 15 characters, or 8 beside a second factor, counted as a person counts them', async () => {
  const check = (password: string, minLength: number) => checkNewPassword(password, { ...about, minLength })
  await expect(check('x7#kQp!2mZ@9vL', minLengths.alone)).rejects.toMatchObject({
    code: 'password.too_short',
  })
  await expect(check('🗝🐢🎻☂🧵🪁', minLengths.besideSecondFactor)).rejects.toMatchObject({
    code: 'password.too_short',
  })
  await expect(check('x7#kQp!2', minLengths.besideSecondFactor)).resolves.toBeUndefined()
  await expect(check('password', minLengths.besideSecondFactor)).rejects.toMatchObject({
    code: 'password.too_weak',
  })
})

test('advice names the field that the request calls the password', async () => {
  const asked = checkNewPassword('password12345678', { ...about, field: 'newPassword' })
  await expect(asked).rejects.toMatchObject({
    errors: expect.arrayContaining([expect.objectContaining({ path: 'body.newPassword' })]),
  })
})

test('while passwords are scored, everything else goes on', async () => {
  let turns = 0
  const busy = setInterval(() => {
    turns += 1
  }, 1)
  const worst = Array.from({ length: 8 }, (_, n) => `${n}4@8({[<369&#!1/|0$5+7%2`.repeat(42))
  await Promise.all(worst.map((password) => checkNewPassword(password, about)))
  clearInterval(busy)
  expect(turns).toBeGreaterThan(20)
})
