import type { ConsentRecord, ConsentStatus } from '@gatehouse/contracts/consent'
import { ConsentType } from '@gatehouse/contracts/consent-texts'
import type { Decision, Text } from './repository.ts'
import { wordingIn } from './wording.ts'

interface Known {
  /** The last of a person's decisions on each type. */
  readonly decisions: readonly Decision[]
  /** The text of each type that is in force. */
  readonly texts: readonly Text[]
  readonly locale: string | undefined
}

/** Where a person stands on every type. */
export const standing = (known: Known): ConsentStatus =>
  Object.fromEntries(ConsentType.options.map((type) => [type, standingOn(type, known)])) as ConsentStatus

function standingOn(type: ConsentType, { decisions, texts, locale }: Known): ConsentStatus[ConsentType] {
  const decision = decisions.find(({ consentType }) => consentType === type)
  const text = texts.find(({ consentType }) => consentType === type)
  return {
    granted: decision?.granted ?? type === 'essential',
    recordedAt: decision?.recordedAt.toISOString() ?? null,
    version: decision?.version ?? null,
    needsRenewal: decision?.granted === true && text !== undefined && text.version !== decision.version,
    text: text ? { ...wordingIn(text, locale), version: text.version } : null,
  }
}

/** A decision as the API shows it. */
export function shownDecision(decision: Decision): ConsentRecord {
  const { id, consentType, granted, version, sha256, locale, source, recordedAt } = decision
  return { id, consentType, granted, version, sha256, locale, source, recordedAt: recordedAt.toISOString() }
}
