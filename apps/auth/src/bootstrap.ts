import { readFile } from 'node:fs/promises'
import { Email } from '@gatehouse/contracts/email'
import { permissionNames } from '@gatehouse/contracts/permissions'
import * as z from 'zod'
import { type EnterAdministratorDeps, enterAdministrator } from './registrations/enter-administrator.ts'
import { enterServiceAccount } from './service-accounts/enter-service-account.ts'

const Bootstrap = z.strictObject({
  administrator: z.strictObject({
    email: Email,
    password: z.string().min(15),
    firstName: z.string().min(1),
    lastName: z.string().min(1),
  }),
  serviceAccounts: z.array(
    z.strictObject({
      name: z.string().min(1),
      secret: z.string().min(32),
      permissions: z.array(z.enum(permissionNames)),
    }),
  ),
})

type Bootstrap = z.infer<typeof Bootstrap>

/** @throws if the file can't be read or is not as it should be, and says what is wrong with it */
export async function readBootstrap(file: string): Promise<Bootstrap> {
  const parsed = Bootstrap.safeParse(jsonOf(await readFile(file, 'utf8')))
  if (!parsed.success) throw new Error(`BOOTSTRAP_FILE ${file} is wrong:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** Undefined for what is no JSON: the parser's own error would repeat a part of the file, which holds secrets. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Makes the platform's first administrator and the service accounts, where they are not there yet.
 * @throws passwordTooShort, passwordTooWeak for the password of an administrator who is to be made
 */
export async function applyBootstrap(
  deps: EnterAdministratorDeps,
  { administrator, serviceAccounts }: Bootstrap,
): Promise<void> {
  for (const account of serviceAccounts) await enterServiceAccount(deps.db, account)
  await enterAdministrator(deps, administrator)
}
