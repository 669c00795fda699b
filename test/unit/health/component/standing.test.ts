import { describe, expect, test } from 'vitest';
import { ComponentStatus } from '../../../../health/component/component.ts';
import { severityOf } from '../../../../health/component/severity.ts';
import { firstStanding, type Patience, type Standing, weigh } from '../../../../health/component/standing.ts';

const letters: Readonly<Record<string, ComponentStatus>> = {
  s: 'starting',
  h: 'healthy',
  d: 'degraded',
  u: 'unhealthy',
  x: 'stopped',
};

/** The status after each answer, both as letters. */
function follow(answers: string, patience: Patience, from: Standing = firstStanding): string {
  let standing = from;
  return Array.from(answers)
    .map((letter) => {
      standing = weigh(standing, letters[letter] ?? 'stopped', patience);
      return Object.entries(letters).find(([, status]) => status === standing.status)?.[0];
    })
    .join('');
}

describe('standing', () => {
  test.each([
    // answers, failAfter, recoverAfter, statuses, what the row shows
    ['hhuhh', 1, 1, 'hhuhh', 'one answer decides when both counts are 1'],
    ['huuuh', 3, 1, 'hhhuh', 'the third worse answer in a row makes it worse'],
    ['huuhuuhuu', 3, 1, 'hhhhhhhhh', 'flapping never makes a row of three'],
    ['huuuhuhuhhu', 3, 2, 'hhhuuuuuuhh', 'recovery needs its own row, which a worse answer interrupts'],
    ['hdu', 2, 1, 'hhd', 'a row of different worse answers goes as far as the mildest'],
    ['hdudu', 2, 1, 'hhddd', 'and on from there only by a new row'],
    ['hduuu', 2, 1, 'hhddu', 'a row that starts again after each move'],
    ['uuh', 2, 2, 'suu', 'it may be named unhealthy while starting, by a whole row'],
    ['uuhdhh', 2, 2, 'suuddh', 'recovery goes as far as the worst of the row'],
    ['sssh', 3, 3, 'sssh', 'starting ends at the first good answer'],
    ['sd', 3, 3, 'sd', 'degraded is good enough to end starting'],
    ['hx', 5, 5, 'hx', 'stopped is taken at once'],
    ['hxh', 5, 5, 'hxh', 'so is what comes after it'],
    ['hshsh', 2, 2, 'hhhhh', 'a lone answer starting does not unsettle a healthy one'],
  ])(
    '%s with failAfter %i and recoverAfter %i becomes %s: %s',
    (answers, failAfter, recoverAfter, expected) => {
      expect(follow(answers, { failAfter, recoverAfter })).toBe(expected);
    },
  );

  test('counts the row in the direction it goes', () => {
    const patience = { failAfter: 3, recoverAfter: 3 };
    const healthy = weigh(firstStanding, 'healthy', patience);
    const once = weigh(healthy, 'unhealthy', patience);
    expect(once).toEqual({ status: 'healthy', row: 1, supported: 'unhealthy' });
    expect(weigh(once, 'degraded', patience)).toEqual({ status: 'healthy', row: 2, supported: 'degraded' });
    const down: Standing = { status: 'unhealthy', row: 0, supported: 'unhealthy' };
    expect(weigh(weigh(down, 'healthy', patience), 'degraded', patience)).toEqual({
      status: 'unhealthy',
      row: -2,
      supported: 'degraded',
    });
  });

  test('moves never further than every answer of the last row supports, in 20,000 random answers', () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const patience = { failAfter: 3, recoverAfter: 2 };
    const words: ComponentStatus[] = ['healthy', 'degraded', 'unhealthy'];
    let standing = weigh(firstStanding, 'healthy', patience);
    let last: number[] = [];
    let moves = 0;
    for (let round = 0; round < 20_000; round++) {
      const answered = words[Math.floor(random() * words.length)] ?? 'healthy';
      last = [...last, severityOf(answered)].slice(-3);
      const next = weigh(standing, answered, patience);
      const [was, is] = [severityOf(standing.status), severityOf(next.status)];
      if (is > was) expect(Math.min(...last.slice(-3))).toBe(is);
      if (is < was) expect(Math.max(...last.slice(-2))).toBe(is);
      if (is !== was) moves++;
      standing = next;
    }
    expect(moves).toBeGreaterThan(500);
  });

  test('ranks each status that there is', () => {
    expect([...ComponentStatus].sort((a, b) => severityOf(a) - severityOf(b))).toEqual([
      'healthy',
      'degraded',
      'starting',
      'unhealthy',
      'stopped',
    ]);
  });
});
