/**
 * Who may call: a bearer token when one is configured; without one the protection is the loopback address, and then a
 * web page in the operator's browser must not reach it either (DNS rebinding, cross-site forms). Pure decisions.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { MeshlockError } from '../base/index.ts';
import type { SocketAddress } from '../config/index.ts';

/** The parts of a request that decide; `undefined` for a header that did not come. */
export interface Caller {
  readonly mutating: boolean;
  readonly authorization: string | undefined;
  /** The `Host` header, or the authority of an absolute-form target, which goes before it (RFC 9112 3.2.2). */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Throws ADMIN_UNPROTECTED for an address that others can reach when there is no token. */
export function checkExposure(address: SocketAddress, token: string): void {
  if (token !== '' || isLoopback(address.host)) return;
  throw new MeshlockError(
    'ADMIN_UNPROTECTED',
    `the admin API will not listen on ${address.host} without a token: anyone who reaches it could stop the proxy`,
    [
      {
        path: 'admin.address',
        expected: 'a loopback address (127.0.0.1 or ::1)',
        got: `'${address.host}'`,
        hint: 'or set admin.token, which every request must then carry',
      },
    ],
  );
}

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

export class Guard {
  /** SHA-256 of the token, so that comparing takes the same time for any length; `null` when there is none. */
  readonly #digest: Buffer | null;

  constructor(token: string) {
    this.#digest = token === '' ? null : digest(token);
  }

  /** `null` when the caller may go on. */
  check(caller: Caller): Refusal | null {
    const identity =
      this.#digest === null ? checkHost(caller.host) : checkToken(caller.authorization, this.#digest);
    return identity ?? (caller.mutating ? checkSite(caller) : null);
  }
}

/** A program sends the token as a bearer token; a browser, which cannot, as the password of any user. */
function checkToken(authorization: string | undefined, expected: Buffer): Refusal | null {
  const given = authorization === undefined ? null : tokenOf(authorization);
  if (timingSafeEqual(digest(given ?? ''), expected) && given !== null) return null;
  const wrong = authorization !== undefined;
  const bearer = `Bearer realm="meshlock"${wrong ? ', error="invalid_token"' : ''}`;
  return {
    status: 401,
    message: wrong
      ? 'the token is wrong: send the one in admin.token as Authorization: Bearer <token>'
      : 'a token is needed: send Authorization: Bearer <token> with the one in admin.token',
    // Basic first: Chromium looks at the first challenge of a line only, and would never ask.
    headers: { 'www-authenticate': `Basic realm="meshlock", charset="UTF-8", ${bearer}` },
  };
}

/** `null`: neither kind of credentials. Node reads header bytes as Latin-1; back to bytes, a token beyond ASCII is its UTF-8. */
function tokenOf(authorization: string): Buffer | null {
  const [, kind = '', credentials = ''] = /^(bearer|basic) +(.*)$/is.exec(authorization) ?? [];
  if (kind === '') return null;
  if (kind.toLowerCase() === 'bearer') return Buffer.from(credentials.trim(), 'latin1');
  const pair = Buffer.from(credentials, 'base64');
  return pair.subarray(pair.indexOf(':') + 1);
}

/** A name other than localhost may be an attacker's that resolves to this machine (DNS rebinding). */
function checkHost(host: string | undefined): Refusal | null {
  // Only HTTP/1.0 comes here without one, which no browser speaks; load balancers' checks do.
  if (host === undefined) return null;
  const name = host.toLowerCase().replace(/:\d*$/, '');
  const address = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
  if (name === 'localhost' || isIP(address) !== 0) return null;
  return forbidden(
    'without a token the admin API answers only requests whose Host is an IP address or localhost, so that no web ' +
      'site can reach it through your browser; use 127.0.0.1, or set admin.token',
  );
}

/** A page of another origin must not change anything. Programs send neither header. */
function checkSite(caller: Caller): Refusal | null {
  const { fetchSite, origin, host } = caller;
  const foreignSite = fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none';
  if (!foreignSite && (origin === undefined || sameAuthority(origin, host))) return null;
  return forbidden(
    'a page of another site may not change this process; call it from its own page or with curl',
  );
}

function sameAuthority(origin: string, host: string | undefined): boolean {
  const from = URL.parse(origin)?.host;
  return from !== undefined && from !== '' && from === URL.parse(`http://${host}`)?.host;
}

function forbidden(message: string): Refusal {
  return { status: 403, message, headers: {} };
}

function digest(secret: string | Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}
