/**
 * The path condition of a route, on the path without its query and as it is written: case matters and nothing is
 * decoded. A prefix is one of characters, not of segments: `/foo` matches `/foobar`, as in Envoy.
 */
import type { Problem } from '../base/index.ts';
import type { PathMatch } from '../config/index.ts';
import { compileRegex, type Regex } from './regex.ts';

export class PathMatcher {
  readonly kind: PathMatch['kind'];
  readonly value: string;
  readonly #regex: Regex | null;

  constructor(match: PathMatch, path: string, problems: Problem[]) {
    this.kind = match.kind;
    this.value = match.value;
    this.#regex = match.kind === 'regex' ? compileRegex(match.value, `${path}.regex`, problems) : null;
  }

  /** `end` is the `pathEnd` of `target`. */
  matches(target: string, end: number): boolean {
    switch (this.kind) {
      case 'prefix':
        return this.value.length <= end && target.startsWith(this.value);
      case 'exact':
        return this.value.length === end && target.startsWith(this.value);
      case 'regex':
        return (
          this.#regex !== null && this.#regex.testExact(end === target.length ? target : target.slice(0, end))
        );
    }
  }
}
