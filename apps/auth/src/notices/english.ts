import type { Language } from './language.ts'

export const english: Language = {
  greeting: (firstName) => (firstName === undefined ? 'Hello,' : `Hello ${firstName},`),
  footer: (tenantName) =>
    `You get this message because of your account at ${tenantName}. Nobody reads what is sent in reply to it.`,
  notices: {
    verify_email: {
      subject: 'Confirm your e-mail address',
      paragraphs: [
        'Please confirm that this e-mail address is yours. The link is good once, for 24 hours.',
        'If you have not registered, you need not do anything.',
      ],
      action: 'Confirm the address',
    },
    reset_password: {
      subject: 'Set a new password',
      paragraphs: [
        'Somebody asked for a new password for your account. The link is good once, for one hour.',
        'If it was not you, you need not do anything: your password stays as it is.',
      ],
      action: 'Set a new password',
    },
    email_taken: {
      subject: 'You already have an account',
      paragraphs: [
        'Somebody tried to register with your e-mail address, and you have an account already. If it was you, simply sign in.',
        'If it was not you, you need not do anything: nothing has changed.',
      ],
      action: 'Sign in',
    },
    password_changed: {
      subject: 'Your password was changed',
      paragraphs: [
        'The password of your account was changed, and your other sessions were ended.',
        'If it was not you, set a new password at once.',
      ],
      action: 'Set a new password',
    },
    session_reuse: {
      subject: 'We ended one of your sessions',
      paragraphs: [
        'A sign-in token of yours was used a second time. Somebody may have a copy of it, so we ended that session; please sign in again.',
        'If you see anything in your account that you do not recognise, set a new password.',
      ],
      action: 'Set a new password',
    },
    second_factor_changed: {
      subject: 'Your second factor was changed',
      paragraphs: [
        'How you sign in was changed: a second factor or its recovery codes were set up, replaced or removed.',
        'If it was not you, set a new password at once.',
      ],
      action: 'Set a new password',
    },
  },
  identityLinked: (provider) => ({
    subject: `You can now sign in with ${provider}`,
    paragraphs: [
      `An account at ${provider} was linked to yours, and can sign you in from now on.`,
      'If it was not you, set a new password at once and remove the link.',
    ],
    action: 'Set a new password',
  }),
}
