/** The version of the API, as its documents state it. */
export const apiVersion = '0.1.0'
