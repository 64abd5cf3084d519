import { sweepDataMap } from '@gatehouse/testing/data-map-sweep'
import { createTestDatabase } from '@gatehouse/testing/database'
import { dataMap } from './data-map.ts'

const { db } = await createTestDatabase('partner-gateway')

sweepDataMap(db, dataMap, new URL('../README.md', import.meta.url))
