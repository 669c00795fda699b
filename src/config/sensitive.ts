/** Which places of a configuration hold secrets, so that a message or a dump can leave them out. */

export const redacted = '[redacted]';

const secretWords = /authorization|cookie|token|secret|passw|credential|api[-_]?key|private[-_]?key/i;

/** A key or header whose value is a secret. `token_file` is a path, not a secret. */
export function isSecretName(name: string): boolean {
  return secretWords.test(name) && !/_(file|path)$/i.test(name);
}

/** The text with the user and password of every URL in it replaced. */
export function withoutUserinfo(text: string): string {
  return text.replace(/(:\/\/)[^/\s]*@/g, `$1${redacted}@`);
}
