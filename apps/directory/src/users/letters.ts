import { type LaidOut, layOut } from '@gatehouse/mail/layout'
import { effectiveSettings } from '../effective-settings.ts'
import type { tenantOf } from './repository.ts'

/** `confirm`: to the address that somebody is to have. `told`: to the one that they have. */
type Kind = 'confirm' | 'told'

/** A letter about a change of address, in the language and the look of the tenant. */
export function writeLetter(
  kind: Kind,
  { name, settings }: Awaited<ReturnType<typeof tenantOf>>,
  link: string | undefined,
): LaidOut {
  const { locale, branding } = effectiveSettings(settings ?? {})
  const tag = new Intl.Locale(locale).language
  const [language, { greeting, footer, ...wording }] =
    tag in wordings ? [tag, wordings[tag as keyof typeof wordings]] : ['en', wordings.en]
  const { subject, paragraphs } = wording[kind]
  const action = link === undefined ? undefined : { label: wording.action, url: link }
  const letter = { language, subject, greeting, paragraphs, action, footer: footer(name) }
  return layOut(letter, { name, ...branding })
}

interface Wording extends Readonly<Record<Kind, { subject: string; paragraphs: readonly string[] }>> {
  readonly greeting: string
  readonly action: string
  footer(tenant: string): string
}

const wordings = {
  en: {
    greeting: 'Hello,',
    action: 'Confirm the address',
    footer: (tenant) => `You get this message because of an account at ${tenant}. Nobody reads replies.`,
    confirm: {
      subject: 'Confirm your new e-mail address',
      paragraphs: [
        'This address is to become that of an account. The link is good once, for 24 hours.',
        'If you did not expect this, you need not do anything.',
      ],
    },
    told: {
      subject: 'Your e-mail address is about to change',
      paragraphs: [
        'Your account is to have another e-mail address, once that address confirms it.',
        'If you do not want this, tell the administrator of your organisation.',
      ],
    },
  },
  de: {
    greeting: 'Guten Tag,',
    action: 'Adresse bestätigen',
    footer: (tenant) =>
      `Sie erhalten diese Nachricht wegen eines Kontos bei ${tenant}. Antworten liest niemand.`,
    confirm: {
      subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      paragraphs: [
        'Diese Adresse soll die eines Kontos werden. Der Link gilt einmal und 24 Stunden lang.',
        'Wenn Sie das nicht erwartet haben, brauchen Sie nichts zu tun.',
      ],
    },
    told: {
      subject: 'Ihre E-Mail-Adresse soll geändert werden',
      paragraphs: [
        'Ihr Konto soll eine andere E-Mail-Adresse bekommen, sobald diese es bestätigt.',
        'Wenn Sie das nicht wünschen, wenden Sie sich an die Administratorin oder den Administrator Ihrer Organisation.',
      ],
    },
  },
  fr: {
    greeting: 'Bonjour,',
    action: "Confirmer l'adresse",
    footer: (tenant) =>
      `Vous recevez ce message en raison d'un compte chez ${tenant}. Personne ne lit les réponses.`,
    confirm: {
      subject: 'Confirmez votre nouvelle adresse e-mail',
      paragraphs: [
        "Cette adresse doit devenir celle d'un compte. Le lien est valable une fois, pendant 24 heures.",
        "Si vous ne l'attendiez pas, vous n'avez rien à faire.",
      ],
    },
    told: {
      subject: 'Votre adresse e-mail va changer',
      paragraphs: [
        "Votre compte doit recevoir une autre adresse e-mail, dès que celle-ci l'aura confirmé.",
        "Si vous ne le souhaitez pas, adressez-vous à l'administrateur de votre organisation.",
      ],
    },
  },
  es: {
    greeting: 'Hola:',
    action: 'Confirmar la dirección',
    footer: (tenant) => `Recibe este mensaje por una cuenta en ${tenant}. Nadie lee las respuestas.`,
    confirm: {
      subject: 'Confirme su nueva dirección de correo',
      paragraphs: [
        'Esta dirección va a ser la de una cuenta. El enlace sirve una vez, durante 24 horas.',
        'Si no lo esperaba, no tiene que hacer nada.',
      ],
    },
    told: {
      subject: 'Su dirección de correo va a cambiar',
      paragraphs: [
        'Su cuenta va a tener otra dirección de correo, en cuanto esta lo confirme.',
        'Si no lo desea, avise al administrador de su organización.',
      ],
    },
  },
} as const satisfies Record<string, Wording>
