import type { Database } from './connect.ts'

/** What there is to watch of a pool of connections, by the names that metrics have. */
export const databaseMetrics = ({ pool }: Database) => ({
  database_connections_max: {
    help: 'Connections that the pool may open.',
    read: () => pool.use().size,
  },
  database_connections_open: {
    help: 'Connections that the pool has open.',
    read: () => pool.use().open,
  },
  database_connections_in_use: {
    help: 'Connections that somebody works with.',
    read() {
      const { open, idle } = pool.use()
      return open - idle
    },
  },
  database_waiting_transactions: {
    help: 'Pieces of work that wait for a connection: more than 0 for long means that there are too few, or slow queries.',
    read: () => pool.use().waiting,
  },
})
