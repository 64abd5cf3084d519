import type { Platform } from '@gatehouse/local/platform'

/** Somebody who is signed in. */
export interface SignedIn {
  readonly email: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly user: { readonly id: string; readonly tenantId: string }
}

export const password = 'correct horse battery staple'

/** Registers so many people, each from an address of their own: a limit on one address is not what is measured. */
export async function registerPeople({ services }: Platform, count: number): Promise<SignedIn[]> {
  const people: SignedIn[] = []
  for (let n = 0; n < count; n++) {
    const email = `${crypto.randomUUID()}@people.example`
    const response = await fetch(`${services.auth.url}/api/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': addressOf(n) },
      body: JSON.stringify({ email, password, firstName: 'Ada', lastName: 'Lovelace' }),
    })
    if (response.status !== 201) throw new Error(`registering answered ${response.status}`)
    people.push({ email, ...((await response.json()) as Omit<SignedIn, 'email'>) })
  }
  return people
}

/** An address of the network that is there for examples of benchmarks (RFC 2544). */
export const addressOf = (n: number) => `198.18.${Math.floor(n / 250) % 250}.${n % 250}`
