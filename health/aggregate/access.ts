/**
 * Who may ask. One token, as a bearer or as the password of Basic: Flagger can be given nothing but a URL, and puts
 * `http://any:token@host` into the latter. Compared by digests, so neither its length nor its beginning shows in time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export class Access {
  readonly #digest: Buffer | null;

  /** `token`: empty lets everybody in. */
  constructor(token: string) {
    this.#digest = token === '' ? null : digestOf(token);
  }

  /** `authorization`: the header's value. */
  allows(authorization: string | undefined): boolean {
    if (this.#digest === null) return true;
    const given = tokenOf(authorization ?? '');
    return timingSafeEqual(digestOf(given ?? ''), this.#digest) && given !== null;
  }
}

function tokenOf(authorization: string): string | null {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return null;
  const pair = Buffer.from(value, 'base64').toString();
  const colon = pair.indexOf(':');
  return colon < 0 ? null : pair.slice(colon + 1);
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
