/** What to do when listening fails: throws an error that says which port is taken, and how to choose another one. */
export const portTaken =
  (port: number, variable: string) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code !== 'EADDRINUSE') throw error
    const advice = `Stop that program, or choose another port: ${variable}=${port + 1} npm start`
    throw new Error(`Port ${port} is taken by another program. ${advice}`, { cause: error })
  }
