/** The request target taken apart: path as it came, parameters, and the authority when the form is absolute. */

export interface Target {
  readonly path: string;
  readonly search: URLSearchParams;
  /** `null` in origin form. */
  readonly authority: string | null;
}

/** `null` for a target that is neither origin form nor absolute form (RFC 9112 3.2). */
export function parseTarget(target: string): Target | null {
  if (target.startsWith('/')) {
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    return { path, search: new URLSearchParams(mark < 0 ? '' : target.slice(mark)), authority: null };
  }
  const url = URL.parse(target);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  return { path: url.pathname, search: url.searchParams, authority: url.host };
}
