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
export const passwordTooShort = problem('password.too_short', 400, 'The password is too short; see errors.')
export const passwordTooWeak = problem(
  'password.too_weak',
  400,
  'The password is easy to guess; errors has advice.',
)
export const hashingBusy = problem(
  'auth.busy',
  503,
  'So many passwords are being checked that this one would have to wait too long; see Retry-After.',
)
export const emailTaken = problem('user.email_taken', 409, 'Another person already has this e-mail address.')
export const registrationClosed = problem('registration.closed', 403, 'Nobody can register here.')
export const registrationByInvite = problem(
  'registration.invite_only',
  403,
  'Only who was invited can register here.',
)
export const wrongMfaCode = problem('auth.wrong_mfa_code', 401, 'The code is wrong, or was used before.')
export const reauthenticationFailed = problem(
  'auth.reauthentication_failed',
  403,
  'The password or the code of the second factor is wrong, or the code is missing.',
)
export const invalidEnrolmentToken = problem(
  'auth.invalid_enrolment_token',
  401,
  'The enrolment token is unknown, spent or expired. Sign in again to get another.',
)
export const factorExists = problem(
  'mfa.factor_exists',
  409,
  'There is an authenticator app already: remove it first.',
)
export const factorNotFound = problem('mfa.factor_not_found', 404, 'You have no such second factor.')
export const nothingToConfirm = problem(
  'mfa.nothing_to_confirm',
  409,
  'No authenticator app waits to be confirmed, or not any more. Begin again.',
)
export const wrongConfirmation = problem(
  'mfa.wrong_code',
  400,
  'The code is not one of the authenticator app now. Check the clock of the device.',
)
export const noSecondFactor = problem('mfa.none', 409, 'There is no second factor: set one up first.')
export const wrongServiceSecret = problem(
  'auth.wrong_service_secret',
  401,
  'The service name or its secret is wrong.',
)
export const networkRefused = problem(
  'auth.network_refused',
  403,
  'Services do not get tokens at this address.',
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
export const invalidLink = problem(
  'auth.invalid_link',
  400,
  'The link is unknown, spent or expired. Ask for another one.',
)
export const wrongCurrentPassword = problem('password.wrong_current', 403, 'The current password is wrong.')
export const directoryRefuses = problem(
  'directory.unavailable',
  503,
  'Something that this needs is not available at the moment.',
)
export const tokenKeysUnavailable = problem(
  'auth.token_keys_unavailable',
  503,
  "The keys that tokens are verified with can't be had at the moment.",
)
export const unsupportedGrantType = problem(
  'auth.unsupported_grant_type',
  400,
  'The one grant_type here is urn:ietf:params:oauth:grant-type:token-exchange.',
)
export const revocationsUnknown = problem(
  'auth.revocations_unknown',
  503,
  'What was revoked lately is not known at the moment.',
)
export const subjectTokenRefused = problem(
  'auth.invalid_request',
  400,
  'The subject_token is not good, not of the subject_token_type, or not one that may be exchanged.',
)
export const tooManyActors = problem(
  'auth.invalid_request',
  400,
  'The subject_token has been exchanged too often already.',
)
export const scopeTooWide = problem(
  'auth.invalid_scope',
  400,
  'The scope asked for is more than the subject_token permits.',
)
export const targetRefused = problem(
  'auth.invalid_target',
  400,
  'A token for one service can only be exchanged for one for another service.',
)
export const unrevocableToken = problem(
  'auth.unsupported_token_type',
  400,
  'A token of this kind can not be revoked by itself.',
)
export const apiKeyNotFound = problem('api_key.not_found', 404, 'There is no such API key.')
export const apiKeyOwnerNotFound = problem('user.not_found', 404, 'There is no such person in your tenant.')
export const apiKeyOwnerNotActive = problem('api_key.owner_not_active', 409, 'Its owner is not active.')
export const beyondPermissions = problem(
  'api_key.beyond_permissions',
  403,
  'An API key cannot have a scope that its owner or its creator lacks.',
)
export const userNotFound = problem('user.not_found', 404, 'There is no such person.')
export const tenantNotFound = problem(
  'tenant.not_found',
  404,
  'There is no such tenant, or you are no member of it.',
)
export const sessionNotFound = problem('session.not_found', 404, 'There is no such session.')
export const providerNotConfigured = problem(
  'social_login.not_configured',
  404,
  'Nobody can sign in by this provider here.',
)
export const returnUrlRefused = problem(
  'social_login.return_url_refused',
  400,
  'Browsers are not sent back to this address: returnTo must be one of LOGIN_RETURN_URLS, word for word.',
)
export const invalidSocialLogin = problem(
  'social_login.invalid',
  400,
  'This sign-in was not begun here, is over or took too long. Begin again.',
)
export const socialLoginDenied = problem(
  'social_login.denied',
  403,
  'The provider was not allowed to say who you are.',
)
export const noVerifiedEmail = problem(
  'social_login.email_not_verified',
  403,
  'The provider does not say that your e-mail address is yours. Register with a password, and link the provider then.',
)
export const accountExists = problem(
  'social_login.account_exists',
  409,
  'Somebody has registered with your e-mail address and not proven that it is theirs. If it was you, prove it or sign ' +
    'in and link the provider yourself.',
)
export const invalidLoginCode = problem(
  'social_login.invalid_code',
  400,
  'The code is unknown, spent or expired, or was made for another browser. Begin again.',
)
export const providerUnavailable = problem(
  'identity_provider.unavailable',
  503,
  'The provider does not answer as it should at the moment. Try again later.',
)
export const providerRefused = problem(
  'identity_provider.refused',
  502,
  'What the provider answers can not be relied upon.',
)
export const identityTaken = problem(
  'identity.taken',
  409,
  'The account at the provider belongs to another person here, or you have linked another one of that provider.',
)
export const identityNotFound = problem(
  'identity.not_found',
  404,
  'No account of that provider is linked to yours.',
)
export const passwordNeeded = problem(
  'identity.password_needed',
  409,
  'You have no password: set one first, so that there is another way in.',
)

/** @param seconds how long ago they may have signed in at most. RFC 9470, section 3 */
export const signInAgain = (seconds: number) =>
  problem(
    'auth.sign_in_again',
    401,
    'This is shown to nobody but who has just signed in: sign in again.',
  )({
    headers: {
      'www-authenticate': `Bearer realm="gatehouse", error="insufficient_user_authentication", max_age="${seconds}"`,
    },
  })
