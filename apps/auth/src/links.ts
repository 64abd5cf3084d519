/** The pages of the front end that mails lead to. */
export interface Links {
  verifyEmail(token: string): string
  resetPassword(token: string): string
  readonly signIn: string
  readonly forgotPassword: string
}

/** @param base `LINKS_URL`: nothing that a request says of its host has a part in a link */
export const createLinks = (base: string): Links => ({
  verifyEmail: (token) => `${base}/verify-email?token=${encodeURIComponent(token)}`,
  resetPassword: (token) => `${base}/reset-password?token=${encodeURIComponent(token)}`,
  signIn: `${base}/sign-in`,
  forgotPassword: `${base}/forgot-password`,
})
