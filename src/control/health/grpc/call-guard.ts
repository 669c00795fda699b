/** Who may call the gRPC health service: with a token whoever sends it, as with the admin API. */
import { createHash, timingSafeEqual } from 'node:crypto';

export class CallGuard {
  /** SHA-256 of the token, so that comparing takes the same time for any length; `null` when there is none. */
  readonly #digest: Buffer | null;

  /** Empty: none, which only a loopback address may have. */
  constructor(token: string) {
    this.#digest = token === '' ? null : digest(token);
  }

  /** `authorization`: the call's metadata of this name. A call that has several has none. */
  admits(authorization: readonly (string | Buffer)[]): boolean {
    if (this.#digest === null) return true;
    const [value] = authorization.length === 1 ? authorization : [];
    const token = typeof value === 'string' ? /^bearer +(\S+)$/i.exec(value)?.[1] : undefined;
    return token !== undefined && timingSafeEqual(digest(token), this.#digest);
  }
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
