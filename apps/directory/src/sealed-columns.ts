import type { SealedColumn } from '@gatehouse/keys/sealed-column'
import { sealedMails } from '@gatehouse/mail/mails'

/** Everything in this service's database that a key-encryption key has sealed. */
export const sealedColumns: readonly SealedColumn[] = [sealedMails]
