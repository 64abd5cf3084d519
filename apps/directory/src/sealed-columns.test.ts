import { createTestDatabase } from '@gatehouse/testing/database'
import { sweepSealedColumns } from '@gatehouse/testing/sealed-sweep'
import { sealedColumns } from './sealed-columns.ts'

const { db } = await createTestDatabase('directory')

sweepSealedColumns(db, sealedColumns)
