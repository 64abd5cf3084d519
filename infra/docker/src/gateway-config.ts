import type { ServiceName } from '@gatehouse/contracts/events'
import { openPaths } from '@gatehouse/local/gateway/routes'

/**
 * The inside of nginx' block `server` for a gateway that sends every path that is open to the outside to its owner, and
 * answers the rest itself.
 * @param addressOf where a service listens, e.g. `http://auth:8080`
 */
export const gatewayConfig = (addressOf: (service: ServiceName) => string): string => {
  const locations = openPaths.map(
    ({ service, url }) => `location ${locationOf(url)} { proxy_pass ${addressOf(service)}; }`,
  )
  return `${settings}
# The base path of the API joined with paths that carry it already.
location /api/api/partner/ { proxy_pass ${addressOf('partner-gateway')}/api/partner/; }
${locations.join('\n')}
location / { ${notFound} }
`
}

/** nginx takes what is named exactly, then the beginnings, then the first expression that fits. */
const locationOf = (url: string) => {
  if (url.endsWith('/*')) return `^~ ${url.slice(0, -1)}`
  if (!url.includes('/:')) return `= ${url}`
  return `~ ^${url.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`
}

const notFound = `default_type application/problem+json;
  return 404 '{"type":"about:blank","title":"Nothing lives at this address.","status":404,"code":"request.unknown_route"}';`

/** Where a request came from is what the socket says, whatever the client wrote. */
const settings = `merge_slashes off;
client_max_body_size 1m;
proxy_http_version 1.1;
proxy_read_timeout 30s;
proxy_set_header Host $http_host;
proxy_set_header Connection "";
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-Host $http_host;
proxy_set_header Forwarded "";
proxy_set_header X-Real-IP "";`
