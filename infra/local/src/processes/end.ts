/**
 * Calls back once when this process is asked to end: by a signal, or because the process that started it is gone. Exits
 * with the code that the promise gives, or with 1 after 5 s or at a second signal; `outliveNever` ends what is left then.
 */
export const onEnd = (end: (reason: string) => Promise<number>): void => {
  let isEnding = false
  const handle = (reason: string) => {
    if (isEnding) process.exit(1)
    isEnding = true
    setTimeout(() => process.exit(1), 5_000).unref()
    end(reason).then(
      (code) => process.exit(code),
      () => process.exit(1),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle)
  process.on('disconnect', () => handle('the process that started this is gone'))
  // A listener makes the channel count as work to do.
  process.channel?.unref()
}
