import type { Language } from './language.ts'

export const spanish: Language = {
  greeting: (firstName) => (firstName === undefined ? 'Hola:' : `Hola, ${firstName}:`),
  footer: (tenantName) =>
    `Recibe este mensaje por su cuenta en ${tenantName}. Nadie lee las respuestas a este correo.`,
  notices: {
    verify_email: {
      subject: 'Confirme su dirección de correo electrónico',
      paragraphs: [
        'Confirme que esta dirección de correo electrónico es suya. El enlace sirve una sola vez, durante 24 horas.',
        'Si no se ha registrado, no tiene que hacer nada.',
      ],
      action: 'Confirmar la dirección',
    },
    reset_password: {
      subject: 'Establezca una contraseña nueva',
      paragraphs: [
        'Alguien ha pedido una contraseña nueva para su cuenta. El enlace sirve una sola vez, durante una hora.',
        'Si no ha sido usted, no tiene que hacer nada: su contraseña sigue siendo la misma.',
      ],
      action: 'Establecer una contraseña nueva',
    },
    email_taken: {
      subject: 'Ya tiene una cuenta',
      paragraphs: [
        'Alguien ha intentado registrarse con su dirección de correo electrónico, pero usted ya tiene una cuenta. Si ha sido usted, simplemente inicie sesión.',
        'Si no ha sido usted, no tiene que hacer nada: nada ha cambiado.',
      ],
      action: 'Iniciar sesión',
    },
    password_changed: {
      subject: 'Su contraseña ha cambiado',
      paragraphs: [
        'Se ha cambiado la contraseña de su cuenta y se han cerrado sus otras sesiones.',
        'Si no ha sido usted, establezca una contraseña nueva de inmediato.',
      ],
      action: 'Establecer una contraseña nueva',
    },
    session_reuse: {
      subject: 'Hemos cerrado una de sus sesiones',
      paragraphs: [
        'Uno de sus tokens de inicio de sesión se ha usado por segunda vez. Es posible que alguien tenga una copia, así que hemos cerrado esa sesión. Inicie sesión de nuevo.',
        'Si no reconoce algo en su cuenta, establezca una contraseña nueva.',
      ],
      action: 'Establecer una contraseña nueva',
    },
    second_factor_changed: {
      subject: 'Su segundo factor ha cambiado',
      paragraphs: [
        'Su forma de iniciar sesión ha cambiado: se ha configurado, sustituido o eliminado un segundo factor o sus códigos de recuperación.',
        'Si no ha sido usted, establezca una contraseña nueva de inmediato.',
      ],
      action: 'Establecer una contraseña nueva',
    },
  },
  identityLinked: (provider) => ({
    subject: `Ya puede iniciar sesión con ${provider}`,
    paragraphs: [
      `Se ha vinculado una cuenta de ${provider} con la suya y desde ahora permite iniciar sesión.`,
      'Si no ha sido usted, establezca una contraseña nueva de inmediato y elimine el vínculo.',
    ],
    action: 'Establecer una contraseña nueva',
  }),
}
