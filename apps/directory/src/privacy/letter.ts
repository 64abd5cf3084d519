import { platformTenantId } from '@gatehouse/contracts/principal'
import type { UpdateTenantSettings } from '@gatehouse/contracts/tenant-settings'
import type { Tx } from '@gatehouse/db/tenant'
import { layOut } from '@gatehouse/mail/layout'
import type { QueueMail } from '@gatehouse/mail/mails'
import { effectiveSettings } from '../effective-settings.ts'

interface Telling {
  /** Of the request. */
  readonly id: string
  readonly scheduledFor: Date
  readonly email: string
  readonly tenant: { readonly name: string; readonly settings: UpdateTenantSettings | null }
}

/**
 * Tells a person by mail that they are to be erased, if the transaction commits. It is about the request, not about them: of
 * all mail to them this alone still goes once they are erased, within a day or never.
 */
export type TellOfErasure = (tx: Tx, telling: Telling) => Promise<void>

export const createTellOfErasure =
  ({ queueMail }: { queueMail: QueueMail }): TellOfErasure =>
  (tx, { id, scheduledFor, email, tenant }) => {
    const { locale, branding } = effectiveSettings(tenant.settings ?? {})
    const tag = new Intl.Locale(locale).language
    const [language, { subject, greeting, when, otherwise, footer }] =
      tag in wordings ? [tag, wordings[tag as keyof typeof wordings]] : ['en', wordings.en]
    const at = new Intl.DateTimeFormat(language, {
      dateStyle: 'long',
      timeStyle: 'long',
      timeZone: 'UTC',
    }).format(scheduledFor)
    const paragraphs = [when(at), otherwise]
    const letter = { language, subject, greeting, paragraphs, action: undefined, footer: footer(tenant.name) }
    const laidOut = layOut(letter, { name: tenant.name, ...branding })
    // Not in their tenant, which goes with them if it is theirs alone.
    return queueMail(tx, { tenantId: platformTenantId, subjectId: id, to: email, ...laidOut })
  }

interface Wording {
  readonly subject: string
  readonly greeting: string
  readonly otherwise: string
  when(at: string): string
  footer(tenant: string): string
}

const wordings = {
  en: {
    subject: 'Your account will be erased',
    greeting: 'Hello,',
    when: (at) =>
      `You asked for your account and all that is held on you to be erased. This begins on ${at}; until then you can sign in and cancel it.`,
    otherwise: 'If it was not you, sign in at once, cancel it and set a new password.',
    footer: (tenant) => `You get this message because of your account at ${tenant}. Nobody reads replies.`,
  },
  de: {
    subject: 'Ihr Konto wird gelöscht',
    greeting: 'Guten Tag,',
    when: (at) =>
      `Sie haben verlangt, dass Ihr Konto und alles, was über Sie gespeichert ist, gelöscht wird. Das beginnt am ${at}; bis dahin können Sie sich anmelden und es abbrechen.`,
    otherwise:
      'Wenn Sie das nicht waren, melden Sie sich sofort an, brechen Sie es ab und legen Sie ein neues Passwort fest.',
    footer: (tenant) =>
      `Sie erhalten diese Nachricht wegen Ihres Kontos bei ${tenant}. Antworten liest niemand.`,
  },
  fr: {
    subject: 'Votre compte va être effacé',
    greeting: 'Bonjour,',
    when: (at) =>
      `Vous avez demandé l’effacement de votre compte et de tout ce qui est conservé à votre sujet. Il commence le ${at} ; d’ici là, vous pouvez vous connecter et l’annuler.`,
    otherwise:
      'Si ce n’était pas vous, connectez-vous immédiatement, annulez-le et définissez un nouveau mot de passe.',
    footer: (tenant) =>
      `Vous recevez ce message en raison de votre compte chez ${tenant}. Personne ne lit les réponses.`,
  },
  es: {
    subject: 'Su cuenta se va a borrar',
    greeting: 'Hola:',
    when: (at) =>
      `Ha pedido que se borren su cuenta y todo lo que se guarda sobre usted. Comienza el ${at}; hasta entonces puede iniciar sesión y cancelarlo.`,
    otherwise:
      'Si no ha sido usted, inicie sesión de inmediato, cancélelo y establezca una contraseña nueva.',
    footer: (tenant) => `Recibe este mensaje por su cuenta en ${tenant}. Nadie lee las respuestas.`,
  },
} as const satisfies Record<string, Wording>
