/** Where a PromQL engine is and how to be let in, from what a person has written. */
import { HistoryError } from './history-error.ts';

export interface EngineAddress {
  /** Ends with `/`, below which `api/v1` is; without user and password, so that it may be shown. */
  readonly base: URL;
  /** Of the header; empty: none. */
  readonly authorization: string;
  /** What must not be repeated in a message. */
  readonly secrets: readonly string[];
}

/** Throws `HistoryError` (`address`). */
export function parseAddress(url: string, token: string): EngineAddress {
  const base = URL.parse(url);
  // What is no URL may hold a password where nobody can find it: it is not repeated.
  if (base === null || (base.protocol !== 'http:' && base.protocol !== 'https:'))
    throw new HistoryError(
      'address',
      'the address of the history is no http or https URL: give one such as http://127.0.0.1:9090',
    );
  const user = decoded(base.username);
  const password = decoded(base.password);
  base.username = '';
  base.password = '';
  base.search = '';
  base.hash = '';
  // So that a relative path is appended to it instead of replacing its end.
  base.pathname = `${base.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}/`;
  if (token !== '') return { base, authorization: `Bearer ${token}`, secrets: [token] };
  if (user === '' && password === '') return { base, authorization: '', secrets: [] };
  const pair = Buffer.from(`${user}:${password}`).toString('base64');
  return {
    base,
    authorization: `Basic ${pair}`,
    secrets: [pair, password].filter((secret) => secret !== ''),
  };
}

/** A percent sign that stands for itself is no reason to fail. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
