import type { Authority } from '@gatehouse/contracts/internal'
import { layOut } from '@gatehouse/mail/layout'
import type { Letter, QueueMail } from '@gatehouse/mail/mails'
import type { Links } from '../links.ts'
import type { Notice, Notify, WriteNotice } from '../notify.ts'
import { english } from './english.ts'
import { french } from './french.ts'
import { german } from './german.ts'
import type { Language, Wording } from './language.ts'
import { spanish } from './spanish.ts'

const languages: Readonly<Record<string, Language>> = { en: english, de: german, fr: french, es: spanish }

const providerNames: Readonly<Record<string, string>> = {
  google: 'Google',
  github: 'GitHub',
  microsoft: 'Microsoft',
}

export const createNotify =
  ({ queueMail, links }: { queueMail: QueueMail; links: Links }): Notify =>
  (tx, who, notice) =>
    queueMail(tx, { tenantId: who.user.tenantId, ...mailOf(who, notice, links) })

export const createWriteNotice =
  (links: Links): WriteNotice =>
  (who, notice) =>
    mailOf(who, notice, links)

function mailOf({ user, tenant }: Authority, notice: Notice, links: Links): Letter {
  const { tag, language } = languageOf(tenant.locale)
  const { subject, paragraphs, action } = wordingOf(language, notice)
  const letter = {
    subject,
    language: tag,
    greeting: language.greeting(user.emailVerified ? user.firstName : undefined),
    paragraphs,
    action: { label: action, url: 'link' in notice ? notice.link : links.forgotPassword },
    footer: language.footer(tenant.name),
  }
  return { subjectId: user.id, to: user.email, ...layOut(letter, { name: tenant.name, ...tenant.branding }) }
}

/** The tenant's language, or what BCP 47 (RFC 4647 §3.4) leads to from it: de-CH, de, en. */
function languageOf(locale: string): { tag: string; language: Language } {
  const tag = new Intl.Locale(locale).language
  const language = languages[tag]
  return language === undefined ? { tag: 'en', language: english } : { tag, language }
}

const wordingOf = (language: Language, notice: Notice): Wording =>
  notice.kind === 'identity_linked'
    ? language.identityLinked(providerNames[notice.provider] ?? notice.provider)
    : language.notices[notice.kind]
