import { bad, type Finding, good } from '@gatehouse/commands/doctor/finding'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import * as repository from './repository.ts'

const shownAtMost = 10

/** That no change is missing in the log. */
export async function checkGaps(db: Database): Promise<Finding> {
  const oldest = await readInPlatform(db, (tx) => repository.oldest(tx, shownAtMost + 1))
  if (oldest.length === 0) return good('No change is missing.')
  const lines = oldest
    .slice(0, shownAtMost)
    .map(
      ({ service, resource, resourceId, version }) =>
        `${service}: change ${version} of ${resource} ${resourceId}`,
    )
  if (oldest.length > shownAtMost) lines.push('and more')
  return bad(
    `Not in the log, though the change after each is:\n${lines.join('\n')}`,
    'See infra/observability/runbooks/GatehouseChangesMissing.md.',
  )
}
