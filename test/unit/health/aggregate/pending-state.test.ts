import { describe, expect, test } from 'vitest';
import { PendingState } from '../../../../health/aggregate/pending-state.ts';
import { ReleaseCatalog } from '../../../../health/aggregate/release-catalog.ts';
import type { LedgerRow } from '../../../../health/aggregate/release-ledger.ts';
import { SuspectLog } from '../../../../health/aggregate/suspect-log.ts';
import { callerReport, peer } from './fleet.ts';

const row: LedgerRow = ['web', 'cart', '1', 2, 10, 0, []];

describe('PendingState', () => {
  test('keeps what could not be written, and writes it once with what came meanwhile', async () => {
    const pending = new PendingState({ keepEpochs: 100, fineEpochs: 100, maxRows: 100 });
    const catalog = new ReleaseCatalog();
    const suspects = new SuspectLog(1000);
    const written: object[] = [];
    let isFull = true;
    const disk = {
      append(records: readonly object[]) {
        // A report that comes while the disk is busy.
        if (isFull) pending.counted(5, { node: 'web-2', incarnation: 1, viewpoints: 4 }, [row]);
        else written.push(...records);
        return Promise.resolve(!isFull);
      },
    };
    const report = callerReport(peer('web-1', 'web'), 5, [
      { callee: peer('cart-1', 'cart', '1', 'r'), calls: 10, failures: 0 },
    ]);
    catalog.learn(report);
    pending.counted(5, { node: 'web-1', incarnation: 1, viewpoints: 4 }, [row]);
    expect(await pending.flush(disk, catalog, suspects)).toBe(false);
    expect(pending.isEmpty).toBe(false);
    isFull = false;
    expect(await pending.flush(disk, catalog, suspects)).toBe(true);
    expect(pending.isEmpty).toBe(true);
    expect(written).toEqual([
      {
        kind: 'versions',
        versions: [
          ['web', '1', '', 5, 5, [['web-1', 5, 5]]],
          ['cart', '1', 'r', 5, 5, []],
        ],
      },
      {
        kind: 'counts',
        epoch: 5,
        rows: [['web', 'cart', '1', 2, 20, 0, []]],
        seen: [
          ['web-2', 1, 4],
          ['web-1', 1, 4],
        ],
      },
    ]);
    expect(await pending.flush(disk, catalog, suspects)).toBe(true);
    expect(written).toHaveLength(2);
  });

  test('gives the oldest epochs up when the disk stays full for hours', async () => {
    const pending = new PendingState({ keepEpochs: 1000, fineEpochs: 1000, maxRows: 1000 });
    for (let epoch = 0; epoch < 40; epoch++) {
      for (let n = 0; n < 10_000; n++)
        pending.counted(epoch, { node: `n${n}`, incarnation: 1, viewpoints: 1 }, []);
    }
    const epochs = new Set<number>();
    const disk = {
      append(records: readonly object[]) {
        for (const record of records as { epoch: number }[]) epochs.add(record.epoch);
        return Promise.resolve(true);
      },
    };
    await pending.flush(disk, new ReleaseCatalog(), new SuspectLog(1));
    expect(Math.min(...epochs)).toBe(4);
    expect(Math.max(...epochs)).toBe(39);
  });
});
