import { setting, text, url } from '@gatehouse/config/setting'
import * as z from 'zod'

const loopback = ['127.0.0.1', '[::1]', 'localhost']

/** Of a provider, which is sent secrets: HTTPS, but for one on this machine. */
const providerUrl = () =>
  url('https', 'http').refine(
    (value) => value.startsWith('https:') || loopback.includes(new URL(value).hostname),
    'must be a URL beginning with https://',
  )

const addresses = () =>
  setting('URLs beginning with https:// or http://, with commas between them', (value) => {
    const list = value.split(',').map((address) => address.trim())
    return list.every(isAddress) ? list : undefined
  })

const isAddress = (text: string) => /^https?:\/\//.test(text) && URL.canParse(text) && !new URL(text).hash

/** The providers by which people can sign in, and where their browsers end up. */
export const socialLoginSettings = {
  GOOGLE_CLIENT_ID: text().optional(),
  GOOGLE_CLIENT_SECRET: text().optional(),
  GOOGLE_ISSUER: providerUrl().default('https://accounts.google.com'),
  GITHUB_CLIENT_ID: text().optional(),
  GITHUB_CLIENT_SECRET: text().optional(),
  GITHUB_URL: providerUrl().default('https://github.com'),
  GITHUB_API_URL: providerUrl().default('https://api.github.com'),
  MICROSOFT_CLIENT_ID: text().optional(),
  MICROSOFT_CLIENT_SECRET: text().optional(),
  /** For the accounts of one tenant: its id in place of `common`. */
  MICROSOFT_ISSUER: providerUrl()
    .refine(
      (value) => /\/(common|organizations|consumers|[0-9a-f-]{36})\/v2\.0$/.test(value),
      'must end in /v2.0 after common, organizations, consumers or the id of a tenant',
    )
    .default('https://login.microsoftonline.com/common/v2.0'),
  /** The pages of front ends that a browser may end up at, word for word; the first where none is asked for. */
  LOGIN_RETURN_URLS: addresses().default([]),
} as const

const Schema = z.object(socialLoginSettings)
export type SocialLoginSettings = Readonly<z.infer<typeof Schema>> & {
  /** The public base URL, below which the callbacks are. */
  readonly ISSUER: string
}
