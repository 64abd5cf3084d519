import { type Emission, envelopeOf, type ReceivedEvent } from '@gatehouse/events/envelope'
import { v7 as uuidv7 } from 'uuid'
import { type Recording, recordEvents } from './recording/record-events.ts'

/** Writes the requests that audit itself has refused into the log, where those of the others come to as events. */
export const toLog = (recording: Recording) => (emissions: readonly Emission<'access.denied'>[]) => {
  const time = new Date().toISOString()
  const envelopes = emissions.map((emission) => envelopeOf(uuidv7(), 'access.denied', emission))
  return recordEvents(
    recording,
    envelopes.map((envelope): ReceivedEvent => {
      const timed = { ...envelope, time }
      return { bytes: Buffer.from(JSON.stringify(timed)), envelope: timed, declared: undefined }
    }),
  )
}
