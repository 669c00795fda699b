/**
 * Replaces the part of a target's path that a route matched: the prefix of a prefix match, the whole path of an exact
 * or regular-expression match. As in Envoy the rest follows as it is, so `/api` rewritten to `/` turns `/api/x` into
 * `//x`; match `/api/` for that. The query stays.
 */
import type { PathMatch } from '../config/index.ts';
import { pathEnd } from './target.ts';

const SLASH = 0x2f;

export class PathRewrite {
  readonly #prefix: string | null;
  readonly #replacement: string;

  constructor(match: PathMatch, replacement: string) {
    this.#prefix = match.kind === 'prefix' ? match.value : null;
    this.#replacement = replacement;
  }

  /** The new target, or null when it stays as it is: also for one without a path (`*`, `host:port`). */
  apply(target: string): string | null {
    if (target.charCodeAt(0) !== SLASH) return null;
    const end = pathEnd(target);
    const prefix = this.#prefix;
    // A filter may have changed the target since it was matched.
    if (prefix !== null && (prefix.length > end || !target.startsWith(prefix))) return null;
    const replaced = prefix === null ? end : prefix.length;
    if (this.#replacement.length === replaced && target.startsWith(this.#replacement)) return null;
    const rewritten = this.#replacement + target.slice(replaced);
    return rewritten.charCodeAt(0) === SLASH ? rewritten : `/${rewritten}`;
  }
}
