/**
 * Builds the `Location` of a redirect: always absolute, with a default port left out, and with nothing in it that
 * could end the header line or change the host, whatever the request carried.
 */
import type { Problem } from '../base/index.ts';
import type { PathMatch, RedirectAction } from '../config/index.ts';
import type { RequestHead } from '../protocol/index.ts';
import { hostEnd, NO_PORT, portAfter } from './authority.ts';
import { PathRewrite } from './path-rewrite.ts';
import { pathEnd } from './target.ts';

/** Everything that is not a visible ASCII character, and the four of those that clients treat specially. */
const UNSAFE = /[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]/gu;
/** `host` of RFC 3986 section 3.2.2 (and `[` `]` `:` of a literal); no user information, no path. */
const HOST = /^(?:[A-Za-z0-9._~%!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])$/;

export class Redirect {
  readonly #scheme: string | null;
  readonly #host: string | null;
  readonly #port: number;
  readonly #path: string | null;
  /** `#part` of the configured path, which goes after any query. */
  readonly #fragment: string;
  readonly #rewrite: PathRewrite | null;
  readonly #stripQuery: boolean;

  constructor(action: RedirectAction, match: PathMatch, path: string, problems: Problem[]) {
    const authority = action.host ?? '';
    const end = hostEnd(authority);
    this.#scheme = action.scheme;
    this.#host = action.host === null ? null : authority.slice(0, end);
    this.#port = action.port ?? portAfter(authority, end);
    const [newPath = '', ...fragment] = encode(rooted(action.path ?? ''), 'utf8').split(/(?=#)/);
    this.#path = action.path === null ? null : newPath;
    this.#fragment = fragment.join('');
    this.#rewrite =
      action.prefixRewrite === null ? null : new PathRewrite(match, encode(action.prefixRewrite, 'utf8'));
    this.#stripQuery = action.stripQuery;
    if (this.#host !== null && !HOST.test(this.#host)) {
      problems.push({
        path: `${path}.host`,
        expected: 'a host name or address',
        got: JSON.stringify(action.host),
      });
    }
  }

  /**
   * `scheme` is the request's, `http` or `https`. Null when neither the configuration nor the request names a host
   * that can stand in a URL (HTTP/1.0 without `Host`, or a malformed one): then the answer is 400.
   */
  location(head: RequestHead, scheme: string): string | null {
    const newScheme = this.#scheme ?? scheme;
    const authority = this.#authority(head.authority, scheme, newScheme);
    return authority === null ? null : `${newScheme}://${authority}${this.#pathAndQuery(head.target)}`;
  }

  #authority(requested: string, scheme: string, newScheme: string): string | null {
    const end = hostEnd(requested);
    const host = this.#host ?? requested.slice(0, end);
    if (!HOST.test(host)) return null;
    let port = this.#port;
    if (port === NO_PORT && this.#host === null) {
      port = portAfter(requested, end);
      // `http://a:80/` redirected to https is `https://a/`, while `http://a:8080/` keeps its port.
      if (scheme !== newScheme && port === defaultPort(scheme)) port = NO_PORT;
    }
    return port === NO_PORT || port === defaultPort(newScheme) ? host : `${host}:${port}`;
  }

  #pathAndQuery(target: string): string {
    const end = pathEnd(target);
    const fragment = target.indexOf('#', end);
    const query = target.slice(end, fragment === -1 ? target.length : fragment);
    if (this.#path !== null) {
      // A configured query replaces the request's and is never stripped.
      const keepsQuery = !this.#stripQuery && !this.#path.includes('?');
      return this.#path + (keepsQuery ? encode(query, 'latin1') : '') + this.#fragment;
    }
    const path = rooted(target.charCodeAt(0) === 0x2f ? target.slice(0, end) : '');
    const rewritten = this.#rewrite === null ? path : (this.#rewrite.apply(path) ?? path);
    return encode(this.#stripQuery ? rewritten : rewritten + query, 'latin1');
  }
}

function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : scheme === 'http' ? 80 : NO_PORT;
}

/** Percent-encodes what is unsafe: configured text as UTF-8, a request's as the bytes it came in. */
function encode(text: string, encoding: 'utf8' | 'latin1'): string {
  return text.replace(UNSAFE, (character) => {
    let encoded = '';
    const bytes = Buffer.from(character, character.charCodeAt(0) > 0xff ? 'utf8' : encoding);
    for (const byte of bytes) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    return encoded;
  });
}
