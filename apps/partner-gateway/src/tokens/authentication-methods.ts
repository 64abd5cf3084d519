import type { AuthenticationMethod } from './client-authentication.ts'
import { clientSecretBasic } from './client-secret-basic.ts'
import { clientSecretPost } from './client-secret-post.ts'

/** All the ways in which a client can prove which it is. */
export const authenticationMethods: readonly AuthenticationMethod[] = [clientSecretBasic, clientSecretPost]
