import { durationMs, fraction, integer, networks, oneOf, text, url } from './setting.ts'

/** The settings that every service has; each adds its own in its `config.ts`. */
export const serverSettings = {
  /** The address to listen at. */
  HOST: text().default('127.0.0.1'),
  PORT: integer(0, 65_535).default(8080),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
  /** The proxies whose `X-Forwarded-For` is believed. */
  TRUSTED_PROXIES: networks().default([]),
  /** The public base URL, which is also the `iss` of every token. */
  ISSUER: url('http', 'https'),
  /** Where OpenTelemetry traces go; without it none are made. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
  /** Which of them are made; the last two of its words with a share of them. */
  OTEL_TRACES_SAMPLER: oneOf(
    'always_on',
    'always_off',
    'parentbased_always_on',
    'parentbased_always_off',
    'traceidratio',
    'parentbased_traceidratio',
  ).optional(),
  OTEL_TRACES_SAMPLER_ARG: fraction().optional(),
  /** How long to go on serving after SIGTERM, so that gateways notice. */
  DRAIN_GRACE: durationMs().default(0),
}
