import { problem } from '@gatehouse/contracts/problem'

export const wrongCredentials = problem(
  'auth.wrong_credentials',
  401,
  'The e-mail address or the password is wrong.',
)
export const mfaRequired = problem(
  'mfa_required',
  401,
  'A code of the second factor is needed: send it along as mfaCode.',
)
export const mfaEnrolmentRequired = problem(
  'mfa_enrolment_required',
  403,
  'The tenant lets nobody in without a second factor: set one up with the enrolmentToken first.',
)
export const wrongMfaCode = problem('auth.wrong_mfa_code', 401, 'The code is wrong, or was used before.')
export const wrongServiceSecret = problem(
  'auth.wrong_service_secret',
  401,
  'The service name or its secret is wrong.',
)
export const invalidRefreshToken = problem(
  'auth.invalid_refresh_token',
  401,
  'The refresh token is unknown, spent or expired. Sign in again.',
)
export const signingKeyMissing = problem(
  'auth.signing_key_missing',
  503,
  'The key that tokens are signed with is not loaded yet. Try again in a moment.',
)
export const inviteNotFound = problem('invite.not_found', 404, 'There is no such invite.')
export const directoryRefuses = problem(
  'directory.unavailable',
  503,
  'Something that this needs is not available at the moment.',
)
