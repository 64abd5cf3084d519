import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { freePort } from '../state/ports.ts'

type ByService<T> = Readonly<Record<ServiceName, T>>

/**
 * Puts a balancer at the address of each service, where there is more than one instance of it; what closes them goes on
 * `cleanup`. Gives where the instances are to listen.
 */
export const startBalancers = async (
  urls: ByService<string>,
  count: number,
  cleanup: AsyncDisposableStack,
): Promise<ByService<readonly string[]>> => {
  const services = serviceNames.map(async (service) => {
    const url = urls[service]
    if (count === 1) return [service, [url]] as const
    const instances: string[] = []
    while (instances.length < count) instances.push(`http://127.0.0.1:${await freePort()}`)
    const balancer = await startBalancer({ port: Number(new URL(url).port), instances })
    cleanup.defer(balancer.close)
    return [service, instances] as const
  })
  return Object.fromEntries(await Promise.all(services)) as ByService<readonly string[]>
}

interface BalancerOptions {
  readonly port: number
  /** Where the instances listen, e.g. `http://127.0.0.1:41234`. */
  readonly instances: readonly string[]
  /** How often each is asked whether it is ready. Milliseconds. */
  readonly everyMs?: number
}

/**
 * One address for several instances of a service, as a Service of Kubernetes is: each connection goes to the next one that
 * says it is ready, and none to one that says it isn't; only before the first of all is ready to any that listens, since
 * services need each other to become ready. One that takes no connection is passed over: nothing was sent to it yet, so
 * whatever the request, it is made once.
 */
export const startBalancer = async ({ port, instances, everyMs = 200 }: BalancerOptions) => {
  const said = new Map<string, 'ready' | 'not ready' | undefined>()
  let wasReady = false
  const look = async (url: string) => {
    const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    said.set(url, answer && (answer.ok ? 'ready' : 'not ready'))
    wasReady ||= answer?.ok === true
  }
  const rounds = setInterval(() => {
    for (const url of instances) void look(url)
  }, everyMs)

  let turn = 0
  const inOrder = () => {
    turn += 1
    const turned = instances.map((_, n) => instances[(turn + n) % instances.length] as string)
    const isReady = (url: string) => said.get(url) === 'ready'
    return turned
      .filter((url) => !wasReady || said.get(url) !== 'not ready')
      .toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)))
  }
  const open = new Set<Socket>()
  const server = createServer(
    { pauseOnConnect: true, allowHalfOpen: true, noDelay: true },
    async (client) => {
      open.add(client.once('close', () => open.delete(client)).on('error', () => client.destroy()))
      const instance = await firstOf(inOrder())
      if (instance === undefined) return client.resetAndDestroy()
      instance.on('error', () => client.resetAndDestroy())
      client.on('error', () => instance.resetAndDestroy())
      client.pipe(instance).pipe(client)
    },
  )
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Breaks off every connection. */
    close() {
      clearInterval(rounds)
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

const firstOf = async (urls: readonly string[]): Promise<Socket | undefined> => {
  for (const url of urls) {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    if (isOpen) return socket
  }
  return undefined
}
