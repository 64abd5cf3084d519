import type { SealedColumn } from '@gatehouse/keys/sealed-column'
import { sealedSigningKeys } from '@gatehouse/keys/sealed-key'

/** Everything in this service's database that a key-encryption key has sealed. */
export const sealedColumns: readonly SealedColumn[] = [sealedSigningKeys]
