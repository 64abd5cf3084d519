import { join } from 'node:path'
import { thisDistribution, unpackPackage } from '../apt.ts'
import { versionOf } from './version.ts'

const newer = {
  debian: { suites: ['forky', 'sid'], component: 'main' },
  ubuntu: { suites: ['resolute', 'devel'], component: 'universe' },
}

/**
 * Unpacks the `nats-server` of a newer suite of Debian or Ubuntu into `folder`. Throws where there is no apt, no mirror, or
 * no suite with one that is new enough and runs here.
 */
export const natsFromApt = async (folder: string): Promise<string> => {
  const distribution = await thisDistribution()
  const { suites, component } = newer[distribution.id]
  const reasons: string[] = []
  for (const suite of suites) {
    try {
      await unpackPackage(join(folder, suite), distribution, { name: 'nats-server', suite, component })
      const program = join(folder, suite, 'usr', 'sbin', 'nats-server')
      await versionOf(program)
      return program
    } catch (error) {
      reasons.push(`${suite}: ${lastLine(error)}`)
    }
  }
  throw new Error(`${distribution.mirror} gave none (${reasons.join('; ')})`)
}

const lastLine = (error: unknown) => {
  const { stderr = '', message } = error as Error & { stderr?: string }
  return (stderr.trim() || message).split('\n').at(-1)
}
