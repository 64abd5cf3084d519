import type { SecondFactor } from '@gatehouse/contracts/second-factors'
import type { Tx } from '@gatehouse/db/tenant'
import * as factors from './repository.ts'

/** A person's second factors, and how many of their recovery codes are unused. */
export async function listSecondFactors(tx: Tx, userId: string) {
  const [confirmed, recoveryCodesLeft] = await Promise.all([
    factors.confirmedFactors(tx, userId),
    factors.recoveryCodesLeft(tx, userId),
  ])
  return { factors: confirmed.map(asAnswered), recoveryCodesLeft }
}

function asAnswered({ id, kind, createdAt, confirmedAt, lastUsedAt }: factors.Factor): SecondFactor {
  return {
    id,
    kind,
    createdAt: createdAt.toISOString(),
    confirmedAt: (confirmedAt ?? createdAt).toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}
