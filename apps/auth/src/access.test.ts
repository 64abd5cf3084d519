import { sweepAccess } from '@gatehouse/testing/access-sweep'
import { harness } from './harness.ts'

const { app, testIssuer } = await harness()

sweepAccess(app, testIssuer)
