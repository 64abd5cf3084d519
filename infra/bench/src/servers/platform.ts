import { once } from 'node:events'
import { startPlatform } from '@gatehouse/local/platform'

const [, , folder = ''] = process.argv

const platform = await startPlatform({ folder })
process.send?.('ready')
await once(process, 'message')
await platform.stop()
process.disconnect?.()
