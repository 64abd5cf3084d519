import { gatewayConfig } from './gateway-config.ts'

/** The gateway of `compose.yaml`, as the file that its nginx reads. */
export const writtenGateway =
  (): string => `# Written by infra/docker/src/write-gateway.ts out of packages/contracts; a test tells when it has to be written again.
server {
listen 8080;
${gatewayConfig((service) => `http://${service}:8080`)}}
`
