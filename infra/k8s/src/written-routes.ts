import { stringify } from 'yaml'
import { httpRoutes } from './http-routes.ts'

/** The routes as the file that kustomize reads. */
export const writtenRoutes = (): string => {
  const documents = httpRoutes().map((route) => stringify(route, { lineWidth: 0 }))
  return `# Written by infra/k8s/src/main.ts out of packages/contracts; a test tells when it has to be written again.\n${documents.join('---\n')}`
}
