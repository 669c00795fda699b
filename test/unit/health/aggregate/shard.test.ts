import { describe, expect, test } from 'vitest';
import type { LedgerRow } from '../../../../health/aggregate/release-ledger.ts';
import type { ShardEpoch, ShardPart } from '../../../../health/aggregate/shard-part.ts';
import { Shard } from '../../../../health/aggregate/shard.ts';

const settings = { keepEpochs: 110, fineEpochs: 60, maxRows: 1000 };

function row(calls: number): LedgerRow {
  return ['web', 'cart', '1', 2, calls, 0, []];
}

function part(judgedEpoch: number, epochs: readonly ShardEpoch[]): ShardPart {
  return { format: 1, judgedEpoch, epochs, nodes: [], versions: [] };
}

function counted(epoch: number, revision: number, calls: number): ShardEpoch {
  return { epoch, revision, part: null, rows: [row(calls)] };
}

function callsOf(shard: Shard): number {
  return shard.ledger.ofService('cart', 0).reduce((sum, one) => sum + one.calls, 0);
}

describe('Shard', () => {
  test('counts what comes anew of an epoch once', () => {
    const shard = new Shard({ name: 'east', ledger: settings, inferEpochs: 6 });
    const question = shard.newest(605);
    expect(shard.takeNewest(part(605, [counted(603, 1, 10)]), question)).toBe(true);
    expect(shard.newest(605).known).toEqual(new Map([[603, 1]]));
    shard.takeNewest(part(605, [counted(603, 2, 15)]), shard.newest(605));
    expect(callsOf(shard)).toBe(15);
    // It was restarted, and has only what came since: less than is here.
    shard.takeNewest(part(605, [counted(603, 1, 5)]), shard.newest(605));
    expect(callsOf(shard)).toBe(15);
  });

  test('counts an epoch once that came before the shard went away, and again with what was missed', () => {
    const shard = new Shard({ name: 'east', ledger: settings, inferEpochs: 6 });
    // Half of a minute is here; the shard had not judged so far yet, and was gone for a quarter of an hour then.
    const early = [600, 601, 602].map((epoch) => counted(epoch, 1, 10));
    expect(shard.takeNewest(part(602, early), shard.newest(605))).toBe(false);
    shard.tidy(700, 699);
    expect(shard.takeNewest(part(700, []), shard.newest(700))).toBe(true);
    const missed = shard.missed();
    expect(missed?.known).toEqual(
      new Map([
        [600, 1],
        [601, 1],
        [602, 1],
      ]),
    );
    // By now the shard has the minute as one, and a report of it came late.
    shard.takeMissed(part(700, [counted(600, 2, 60), counted(601, 2, 11), counted(606, 1, 10)]), missed!);
    expect(callsOf(shard)).toBe(40);
  });
});
