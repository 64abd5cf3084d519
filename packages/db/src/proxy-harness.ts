import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

type Mode = 'passes everything on' | 'accepts and closes' | 'accepts and hangs'

/** Stands between a test and PostgreSQL. What is not passed on any more never will be: those connections stay dead. */
export async function startProxy(databaseUrl: string) {
  const sockets = new Set<Socket>()
  let mode: Mode = 'passes everything on'
  const hold = (socket: Socket) => {
    sockets.add(socket)
    return socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
  }
  const server = createServer((client) => {
    hold(client)
    if (mode === 'accepts and closes') client.end()
    if (mode !== 'passes everything on') return
    const upstream = hold(connect(Number(new URL(databaseUrl).port), '127.0.0.1'))
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: Object.assign(new URL(databaseUrl), { port }).href,
    become(next: Mode) {
      mode = next
      if (next === 'accepts and closes') for (const socket of sockets) socket.destroy()
      if (next === 'accepts and hangs') for (const socket of sockets) socket.unpipe().pause()
    },
  }
}
