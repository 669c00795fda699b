/**
 * A regular expression from a query, run over thousands of names on the control thread. RE2 semantics keep one match
 * linear in the name; the bounds on length, program and total time keep a whole request short even so (an automaton
 * with many states can still take half a millisecond a name).
 */
import { RE2JS, RE2JSException } from 're2js';
import { type Clock, MeshlockError, type Problem } from '../base/index.ts';

const maxLength = 256;
/** Instructions; `a{200}` has about 200. */
const maxProgram = 1_000;
/** Milliseconds that one pattern may match for in all: a scrape behind it still answers in time. */
const budgetMs = 100;

export class Pattern {
  readonly #expression: RE2JS;
  readonly #parameter: string;
  readonly #clock: Clock;
  #spentMs = 0;

  private constructor(parameter: string, expression: RE2JS, clock: Clock) {
    this.#parameter = parameter;
    this.#expression = expression;
    this.#clock = clock;
  }

  /** The pattern, or what is wrong with it. `parameter` is the name it came under. */
  static parse(parameter: string, text: string, clock: Clock): Pattern | Problem {
    if (text.length > maxLength) {
      return refusal(parameter, `a pattern of at most ${maxLength} characters`, `${text.length} characters`);
    }
    try {
      const expression = RE2JS.compile(text);
      if (expression.programSize() <= maxProgram) return new Pattern(parameter, expression, clock);
      return refusal(parameter, 'a smaller pattern', `'${text}', whose repeats add up to too many states`);
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      return refusal(parameter, 'a regular expression (RE2 syntax)', `'${text}': ${error.message}`);
    }
  }

  /** Whether it is found anywhere in `name`. Throws a `MeshlockError` once the pattern has used up its time. */
  find(name: string): boolean {
    return this.#timed(() => this.#expression.test(name));
  }

  /** Whether it matches the whole of `name`. Throws like `find`. */
  matches(name: string): boolean {
    return this.#timed(() => this.#expression.testExact(name));
  }

  #timed(run: () => boolean): boolean {
    const startMs = this.#clock.now();
    const result = run();
    this.#spentMs += this.#clock.now() - startMs;
    if (this.#spentMs <= budgetMs) return result;
    throw new MeshlockError('USAGE', 'the pattern is too slow', [
      refusal(
        this.#parameter,
        `a pattern that matches within ${budgetMs} ms in all`,
        'one that takes longer',
      ),
    ]);
  }
}

function refusal(path: string, expected: string, got: string): Problem {
  return { path, expected, got };
}
