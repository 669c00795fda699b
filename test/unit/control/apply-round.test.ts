import { describe, expect, test } from 'vitest';
import { ApplyRound } from '../../../src/control/apply-round.ts';

const address = { host: '127.0.0.1', port: 8080 };

describe('apply round', () => {
  test('is over when every thread has answered', async () => {
    const round = new ApplyRound(4, [1, 2]);
    round.answered(1, 4, [], [{ listener: 'a', address }]);
    round.answered(2, 4, [], [{ listener: 'a', address }]);
    const outcome = await round.outcome;
    expect(outcome).toMatchObject({ version: 4, failures: [], died: [], unanswered: [] });
    expect(outcome.listening.get('a')).toEqual(address);
  });

  test('ignores answers to an older snapshot and accepts those to a newer one', async () => {
    const round = new ApplyRound(4, [1]);
    const failure = { listener: 'a', address, code: 'EACCES', message: 'no' };
    round.answered(1, 3, [failure], []);
    round.answered(1, 5, [], []);
    expect((await round.outcome).failures).toEqual([]);
  });

  test('tells deaths from threads that are stuck or late', async () => {
    const round = new ApplyRound(4, [1, 2, 3]);
    round.died(1, { kind: 'exit', code: 3 });
    round.stalled(2);
    round.stalled(2);
    round.giveUp();
    expect(await round.outcome).toMatchObject({
      died: [{ thread: 1, exit: { kind: 'exit', code: 3 } }],
      unanswered: [2, 3],
    });
  });

  test('without threads it is over at once', async () => {
    expect((await new ApplyRound(1, []).outcome).unanswered).toEqual([]);
  });
});
