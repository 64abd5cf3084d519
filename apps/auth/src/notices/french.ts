import type { Language } from './language.ts'

export const french: Language = {
  greeting: (firstName) => (firstName === undefined ? 'Bonjour,' : `Bonjour ${firstName},`),
  footer: (tenantName) =>
    `Vous recevez ce message en raison de votre compte chez ${tenantName}. Personne ne lit les réponses.`,
  notices: {
    verify_email: {
      subject: 'Confirmez votre adresse e-mail',
      paragraphs: [
        'Veuillez confirmer que cette adresse e-mail est la vôtre. Le lien est valable une seule fois, pendant 24 heures.',
        'Si vous ne vous êtes pas inscrit, vous n’avez rien à faire.',
      ],
      action: 'Confirmer l’adresse',
    },
    reset_password: {
      subject: 'Définissez un nouveau mot de passe',
      paragraphs: [
        'Quelqu’un a demandé un nouveau mot de passe pour votre compte. Le lien est valable une seule fois, pendant une heure.',
        'Si ce n’était pas vous, vous n’avez rien à faire : votre mot de passe reste le même.',
      ],
      action: 'Définir un nouveau mot de passe',
    },
    email_taken: {
      subject: 'Vous avez déjà un compte',
      paragraphs: [
        'Quelqu’un a voulu s’inscrire avec votre adresse e-mail, mais vous avez déjà un compte. Si c’était vous, connectez-vous simplement.',
        'Si ce n’était pas vous, vous n’avez rien à faire : rien n’a changé.',
      ],
      action: 'Se connecter',
    },
    password_changed: {
      subject: 'Votre mot de passe a été modifié',
      paragraphs: [
        'Le mot de passe de votre compte a été modifié et vos autres sessions ont été fermées.',
        'Si ce n’était pas vous, définissez immédiatement un nouveau mot de passe.',
      ],
      action: 'Définir un nouveau mot de passe',
    },
    session_reuse: {
      subject: 'Nous avons fermé l’une de vos sessions',
      paragraphs: [
        'Un de vos jetons de connexion a été utilisé une seconde fois. Quelqu’un en possède peut-être une copie ; nous avons donc fermé cette session. Veuillez vous reconnecter.',
        'Si vous ne reconnaissez pas quelque chose dans votre compte, définissez un nouveau mot de passe.',
      ],
      action: 'Définir un nouveau mot de passe',
    },
    second_factor_changed: {
      subject: 'Votre second facteur a été modifié',
      paragraphs: [
        'Votre façon de vous connecter a changé : un second facteur ou ses codes de récupération ont été ajoutés, remplacés ou supprimés.',
        'Si ce n’était pas vous, définissez immédiatement un nouveau mot de passe.',
      ],
      action: 'Définir un nouveau mot de passe',
    },
  },
  identityLinked: (provider) => ({
    subject: `Vous pouvez maintenant vous connecter avec ${provider}`,
    paragraphs: [
      `Un compte ${provider} a été associé au vôtre et permet désormais de vous connecter.`,
      'Si ce n’était pas vous, définissez immédiatement un nouveau mot de passe et supprimez cette association.',
    ],
    action: 'Définir un nouveau mot de passe',
  }),
}
