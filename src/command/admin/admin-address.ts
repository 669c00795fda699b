/** Where the admin API is, as people write it: `127.0.0.1:9901`, `9901`, `[::1]:9901`, or a URL behind a tunnel. */
import type { Problem } from '../../base/index.ts';

/** Scheme, host and port, without a path: `http://127.0.0.1:9901`. */
export type AdminAddress = string;

const defaultAdmin: AdminAddress = 'http://127.0.0.1:9901';
const defaultPort = '9901';

/** `null`: not an address, with a problem added. */
export function readAdminAddress(text: string | null, problems: Problem[]): AdminAddress | null {
  if (text === null) return defaultAdmin;
  const origin = originOf(text);
  if (origin !== null) return origin;
  const expected = 'an address such as 127.0.0.1:9901 or http://127.0.0.1:9901';
  // Not the text itself when it is a URL: there may be a password in it.
  problems.push({ path: '--admin', expected, got: text.includes('@') ? 'one with a user' : `"${text}"` });
  return null;
}

function originOf(text: string): AdminAddress | null {
  if (/^\d+$/.test(text)) return originOf(`127.0.0.1:${text}`);
  const hasScheme = /^https?:\/\//.test(text);
  const url = URL.parse(hasScheme ? text : `http://${text}`);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/') {
    return null;
  }
  if (!hasScheme && !/:\d+$/.test(text)) url.port = defaultPort;
  return url.port === '0' ? null : url.origin;
}
