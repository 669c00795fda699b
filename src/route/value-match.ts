/** Does the value of a header field or query parameter satisfy one configured condition? */
import type { Problem } from '../base/index.ts';
import type { NamedMatch } from '../config/index.ts';
import { compileRegex, type Regex } from './regex.ts';

export class ValueMatcher {
  readonly #kind: NamedMatch['value']['kind'];
  readonly #value: string;
  readonly #regex: Regex | null;
  readonly #invert: boolean;

  /** `path` names the condition in `problems`. */
  constructor(match: NamedMatch, path: string, problems: Problem[]) {
    const { value } = match;
    this.#kind = value.kind;
    this.#value = value.kind === 'present' ? '' : value.value;
    this.#regex = value.kind === 'regex' ? compileRegex(value.value, `${path}.regex`, problems) : null;
    this.#invert = match.invert;
  }

  /**
   * `undefined` is an absent value. As in Envoy it satisfies only an inverted `present`: an inverted `exact: a` asks
   * for a value that is there and is not `a`.
   */
  matches(value: string | undefined): boolean {
    if (value === undefined) return this.#invert && this.#kind === 'present';
    return this.#holds(value) !== this.#invert;
  }

  #holds(value: string): boolean {
    switch (this.#kind) {
      case 'present':
        return true;
      case 'exact':
        return value === this.#value;
      case 'prefix':
        return value.startsWith(this.#value);
      case 'suffix':
        return value.endsWith(this.#value);
      case 'contains':
        return value.includes(this.#value);
      case 'regex':
        return this.#regex !== null && this.#regex.testExact(value);
    }
  }
}
