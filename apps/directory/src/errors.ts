import { problem } from '@gatehouse/contracts/problem'

export const emailTaken = problem('user.email_taken', 409, 'Another person already has this e-mail address.')
export const userNotFound = problem('user.not_found', 404, 'There is no such person.')
