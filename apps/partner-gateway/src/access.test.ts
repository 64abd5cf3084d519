import { sweepAccess } from '@gatehouse/testing/access-sweep'
import { harness } from './harness.ts'

const { app, issuer } = await harness()

sweepAccess(app, issuer)
