import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'

/**
 * A port for each name: the one it had the last time, as the file tells, or where that is taken or unknown a free one.
 * So addresses stay the same from start to start, as far as that can be.
 */
export const keepPorts = async <Name extends string>(
  file: string,
  names: readonly Name[],
): Promise<Readonly<Record<Name, number>>> => {
  const before: Record<string, number> = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'))
  // All are held until all are chosen, so that no two names get the same.
  const held = await Promise.all(
    names.map(async (name) => [name, await hold(before[name] ?? 0).catch(() => hold(0))] as const),
  )
  const ports = Object.fromEntries(held.map(([name, server]) => [name, server.port])) as Record<Name, number>
  await Promise.all(held.map(([, server]) => release(server)))
  await writeFile(file, `${JSON.stringify(ports, null, 2)}\n`)
  return ports
}

/** A port of the loopback interface that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const server = await hold(0)
  await release(server)
  return server.port
}

const hold = async (port: number) => {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

const release = async (server: Server) => {
  server.close()
  await once(server, 'close')
}
