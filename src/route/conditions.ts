/** What a route asks of a request besides its path: method, header fields and query parameters. All must hold. */
import type { Problem } from '../base/index.ts';
import type { NamedMatch, RouteMatch } from '../config/index.ts';
import type { RequestHead } from '../protocol/index.ts';
import { queryValue } from './target.ts';
import { ValueMatcher } from './value-match.ts';

interface Condition {
  readonly name: string;
  readonly matcher: ValueMatcher;
}

export class Conditions {
  readonly #methods: readonly string[];
  readonly #headers: readonly Condition[];
  readonly #query: readonly Condition[];
  /** Nothing is asked: most routes. */
  readonly none: boolean;

  constructor(match: RouteMatch, path: string, problems: Problem[]) {
    this.#methods = match.methods;
    this.#headers = compile(match.headers, `${path}.headers`, problems);
    this.#query = compile(match.query, `${path}.query`, problems);
    this.none = match.methods.length === 0 && match.headers.length === 0 && match.query.length === 0;
  }

  /** `method` and `target` are the head's, read once by the caller; `end` is the target's `pathEnd`. */
  hold(head: RequestHead, method: string, target: string, end: number): boolean {
    if (this.none) return true;
    if (this.#methods.length > 0 && !this.#methods.includes(method)) return false;
    for (const { name, matcher } of this.#headers) {
      if (!matcher.matches(fieldValue(head, name))) return false;
    }
    for (const { name, matcher } of this.#query) {
      if (!matcher.matches(queryValue(target, end, name))) return false;
    }
    return true;
  }
}

function compile(matches: readonly NamedMatch[], path: string, problems: Problem[]): readonly Condition[] {
  return matches.map((match, index) => ({
    name: match.name,
    matcher: new ValueMatcher(match, `${path}[${index}]`, problems),
  }));
}

/** The pseudo-header names of HTTP/2 (RFC 9113 section 8.3.1) stand for the same parts of a request of any version. */
function fieldValue(head: RequestHead, name: string): string | undefined {
  switch (name) {
    case ':method':
      return head.method;
    case ':path':
      return head.target;
    case ':authority':
      return head.authority === '' ? undefined : head.authority;
    default:
      return head.header(name);
  }
}
