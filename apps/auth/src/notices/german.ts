import type { Language } from './language.ts'

export const german: Language = {
  greeting: (firstName) => (firstName === undefined ? 'Guten Tag,' : `Guten Tag ${firstName},`),
  footer: (tenantName) =>
    `Sie erhalten diese Nachricht wegen Ihres Kontos bei ${tenantName}. Antworten darauf liest niemand.`,
  notices: {
    verify_email: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        'Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört. Der Link gilt einmal und 24 Stunden lang.',
        'Wenn Sie sich nicht registriert haben, müssen Sie nichts tun.',
      ],
      action: 'Adresse bestätigen',
    },
    reset_password: {
      subject: 'Legen Sie ein neues Passwort fest',
      paragraphs: [
        'Jemand hat ein neues Passwort für Ihr Konto angefordert. Der Link gilt einmal und eine Stunde lang.',
        'Wenn Sie das nicht waren, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.',
      ],
      action: 'Neues Passwort festlegen',
    },
    email_taken: {
      subject: 'Sie haben bereits ein Konto',
      paragraphs: [
        'Jemand wollte sich mit Ihrer E-Mail-Adresse registrieren, doch Sie haben schon ein Konto. Wenn Sie das waren, melden Sie sich einfach an.',
        'Wenn Sie das nicht waren, müssen Sie nichts tun: Es hat sich nichts geändert.',
      ],
      action: 'Anmelden',
    },
    password_changed: {
      subject: 'Ihr Passwort wurde geändert',
      paragraphs: [
        'Das Passwort Ihres Kontos wurde geändert, und Ihre anderen Sitzungen wurden beendet.',
        'Wenn Sie das nicht waren, legen Sie sofort ein neues Passwort fest.',
      ],
      action: 'Neues Passwort festlegen',
    },
    session_reuse: {
      subject: 'Wir haben eine Ihrer Sitzungen beendet',
      paragraphs: [
        'Ein Anmelde-Token von Ihnen wurde ein zweites Mal verwendet. Womöglich hat jemand eine Kopie davon; deshalb haben wir diese Sitzung beendet. Bitte melden Sie sich neu an.',
        'Wenn Sie in Ihrem Konto etwas nicht wiedererkennen, legen Sie ein neues Passwort fest.',
      ],
      action: 'Neues Passwort festlegen',
    },
    second_factor_changed: {
      subject: 'Ihr zweiter Faktor wurde geändert',
      paragraphs: [
        'Ihre Anmeldung wurde geändert: Ein zweiter Faktor oder seine Wiederherstellungscodes wurden eingerichtet, ersetzt oder entfernt.',
        'Wenn Sie das nicht waren, legen Sie sofort ein neues Passwort fest.',
      ],
      action: 'Neues Passwort festlegen',
    },
  },
  identityLinked: (provider) => ({
    subject: `Sie können sich jetzt mit ${provider} anmelden`,
    paragraphs: [
      `Ein Konto bei ${provider} wurde mit Ihrem verknüpft; von nun an können Sie sich damit anmelden.`,
      'Wenn Sie das nicht waren, legen Sie sofort ein neues Passwort fest und entfernen Sie die Verknüpfung.',
    ],
    action: 'Neues Passwort festlegen',
  }),
}
