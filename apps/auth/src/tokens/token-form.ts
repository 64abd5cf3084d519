/** What kind of token a text has the form of; whether it is one is another question. */
export type TokenForm = 'refresh_token' | 'api_key' | 'access_token'

export function formOf(token: string): TokenForm {
  if (token.startsWith('gate_rt_')) return 'refresh_token'
  return token.startsWith('gate_') ? 'api_key' : 'access_token'
}
