import type { UpdateTenantSettings } from '@gatehouse/contracts/tenant-settings'
import type { Tx } from '@gatehouse/db/tenant'
import { layOut } from '@gatehouse/mail/layout'
import type { QueueMail } from '@gatehouse/mail/mails'
import { effectiveSettings } from '../effective-settings.ts'

interface Invitation {
  readonly id: string
  readonly tenantId: string
  readonly email: string
  readonly token: string
  readonly tenant: { readonly name: string; readonly settings: UpdateTenantSettings | null }
}

/** Sends an invite by mail, in the language and the look of its tenant, if the transaction commits. */
export type SendInvite = (tx: Tx, invitation: Invitation) => Promise<void>

/** @param linksUrl the front end's base URL: nothing that a request says of its host has a part in a link */
export const createSendInvite =
  ({ queueMail, linksUrl }: { queueMail: QueueMail; linksUrl: string }): SendInvite =>
  (tx, { id, tenantId, email, token, tenant }) => {
    const { locale, branding } = effectiveSettings(tenant.settings ?? {})
    const tag = new Intl.Locale(locale).language
    const [language, wording] =
      tag in wordings ? [tag, wordings[tag as keyof typeof wordings]] : ['en', wordings.en]
    const action = { label: wording.action, url: `${linksUrl}/invites?token=${encodeURIComponent(token)}` }
    const letter = {
      language,
      subject: wording.subject(tenant.name),
      greeting: wording.greeting,
      paragraphs: [wording.what(tenant.name), wording.end],
      action,
      footer: wording.footer(tenant.name),
    }
    const laidOut = layOut(letter, { name: tenant.name, ...branding })
    return queueMail(tx, { tenantId, subjectId: id, to: email, ...laidOut })
  }

interface Wording {
  readonly greeting: string
  readonly end: string
  readonly action: string
  subject(tenant: string): string
  what(tenant: string): string
  footer(tenant: string): string
}

const wordings = {
  en: {
    greeting: 'Hello,',
    subject: (tenant) => `You are invited to ${tenant}`,
    what: (tenant) => `You are invited to join ${tenant}. The link is good once, for seven days.`,
    end: 'If you did not expect this, you need not do anything.',
    action: 'Accept the invite',
    footer: (tenant) =>
      `You get this message because somebody at ${tenant} invited this address. Nobody reads replies.`,
  },
  de: {
    greeting: 'Guten Tag,',
    subject: (tenant) => `Einladung zu ${tenant}`,
    what: (tenant) =>
      `Sie sind eingeladen, ${tenant} beizutreten. Der Link gilt einmal und sieben Tage lang.`,
    end: 'Wenn Sie das nicht erwartet haben, brauchen Sie nichts zu tun.',
    action: 'Einladung annehmen',
    footer: (tenant) =>
      `Sie erhalten diese Nachricht, weil jemand bei ${tenant} diese Adresse eingeladen hat. Antworten liest niemand.`,
  },
  fr: {
    greeting: 'Bonjour,',
    subject: (tenant) => `Invitation à rejoindre ${tenant}`,
    what: (tenant) =>
      `Vous êtes invité à rejoindre ${tenant}. Le lien est valable une fois, pendant sept jours.`,
    end: "Si vous ne l'attendiez pas, vous n'avez rien à faire.",
    action: "Accepter l'invitation",
    footer: (tenant) =>
      `Vous recevez ce message parce que quelqu'un de ${tenant} a invité cette adresse. Personne ne lit les réponses.`,
  },
  es: {
    greeting: 'Hola:',
    subject: (tenant) => `Invitación a ${tenant}`,
    what: (tenant) => `Le han invitado a unirse a ${tenant}. El enlace sirve una vez, durante siete días.`,
    end: 'Si no lo esperaba, no tiene que hacer nada.',
    action: 'Aceptar la invitación',
    footer: (tenant) =>
      `Recibe este mensaje porque alguien de ${tenant} ha invitado a esta dirección. Nadie lee las respuestas.`,
  },
} as const satisfies Record<string, Wording>
