import { describe, expect, test } from 'vitest';
import { Pattern } from '../../../src/admin/pattern.ts';
import { type Clock, ManualClock, MeshlockError, type Problem } from '../../../src/base/index.ts';

const clock = new ManualClock();

function parsed(text: string, ownClock: Clock = clock): Pattern {
  const pattern = Pattern.parse('filter', text, ownClock);
  if (!(pattern instanceof Pattern)) throw new Error(pattern.got);
  return pattern;
}

/** Reading it is what takes time: each pair of readings is `ms` apart. */
class SlowClock extends ManualClock {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override now(): number {
    this.advance(this.#ms);
    return super.now();
  }
}

describe('a pattern', () => {
  test('is found anywhere, or matches the whole', () => {
    expect(parsed('b+').find('abbc')).toBe(true);
    expect(parsed('b+').matches('abbc')).toBe(false);
    expect(parsed('a.*').matches('abbc')).toBe(true);
    expect(parsed('a|ab').matches('ab')).toBe(true);
  });

  test.each([
    ['(', 'missing closing )'],
    ['(?=x)', 'Perl syntax'],
    ['(a)\\1', 'invalid escape'],
    ['x'.repeat(257), '257 characters'],
    ['((a?){30}){33}', 'too many states'],
    ['(((a{30}){30}){30})', 'repeat'],
  ])('%.20s is refused', (text, reason) => {
    const problem = Pattern.parse('filter', text, clock) as Problem;
    expect(problem.path).toBe('filter');
    expect(problem.got).toContain(reason);
  });

  test('that makes a backtracking engine hang is answered at once', () => {
    expect(parsed('(a+)+$').find(`${'a'.repeat(5_000)}!`)).toBe(false);
  });

  test('may take 100 ms over all names and not more', () => {
    const pattern = parsed('a', new SlowClock(30));
    expect([pattern.find('a'), pattern.find('b'), pattern.find('a')]).toEqual([true, false, true]);
    expect(() => pattern.find('a')).toThrow(MeshlockError);
  });
});
