import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Journal } from '../../../../health/aggregate/journal.ts';
import { decodeJournal, encodeRecord } from '../../../../health/aggregate/journal-record.ts';
import { silentLog } from '../../../../health/log.ts';

const records = [
  { kind: 'a', n: 1 },
  { kind: 'b', text: 'zwölf\nlines' },
  { kind: 'c', list: [1, 2, 3] },
];

describe('Journal', () => {
  let folder = '';
  let path = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshlock-journal-'));
    path = join(folder, 'state', 'journal');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  function journal(overrides: { compactBytes?: number; maxBytes?: number } = {}): Journal {
    return new Journal(
      { path, fsync: 'epoch', compactBytes: 1 << 20, maxBytes: 1 << 20, ...overrides },
      silentLog,
    );
  }

  /** Opens, appends, closes; answers what was there before. */
  async function session(added: readonly object[]): Promise<readonly unknown[]> {
    const one = journal();
    const before = await one.open();
    expect(await one.append(added)).toBe(true);
    await one.close();
    return before;
  }

  test('gives back what was appended, over several sessions', async () => {
    expect(await session(records.slice(0, 2))).toEqual([]);
    expect(await session(records.slice(2))).toEqual(records.slice(0, 2));
    expect(await session([])).toEqual(records);
  });

  test('drops a last record that is torn at any byte, says so, and goes on behind the good ones', async () => {
    const good = Buffer.concat(records.slice(0, 2).map(encodeRecord));
    const last = encodeRecord(records[2] ?? {});
    await session([]);
    for (let length = 1; length < last.length; length++) {
      await writeFile(path, Buffer.concat([good, last.subarray(0, length)]));
      const warnings: unknown[] = [];
      const torn = new Journal(
        { path, fsync: 'epoch', compactBytes: 1 << 20, maxBytes: 1 << 20 },
        { info() {}, warn: (_message, fields) => warnings.push(fields) },
      );
      expect(await torn.open()).toEqual(records.slice(0, 2));
      expect(torn.figures).toMatchObject({ tornBytes: length, damaged: 0 });
      expect(warnings).toEqual([{ path, tornBytes: length }]);
      await torn.append([{ kind: 'next' }]);
      await torn.close();
      expect(decodeJournal(await readFile(path)).records).toEqual([...records.slice(0, 2), { kind: 'next' }]);
    }
  });

  test('skips a record with a flipped bit in the middle and keeps those behind it', async () => {
    const bytes = Buffer.concat(records.map(encodeRecord));
    const at = encodeRecord(records[0] ?? {}).length + 15;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await session([]);
    await writeFile(path, bytes);
    const flipped = journal();
    expect(await flipped.open()).toEqual([records[0], records[2]]);
    expect(flipped.figures).toMatchObject({ damaged: 1, tornBytes: 0 });
    await flipped.close();
  });

  test('is rewritten with only what is needed, and is appended to afterwards', async () => {
    const grown = journal({ compactBytes: 100 });
    await grown.open();
    for (let n = 0; n < 10; n++) await grown.append(records);
    expect(grown.wantsCompaction).toBe(true);
    await grown.compact(records.slice(0, 1));
    expect(grown.wantsCompaction).toBe(false);
    await grown.append(records.slice(1, 2));
    await grown.close();
    expect(await session([])).toEqual(records.slice(0, 2));
    expect(await readdir(join(folder, 'state'))).toEqual(['journal']);
  });

  test('has the old state after a crash in the middle of a rewrite', async () => {
    await session(records);
    await writeFile(`${path}.new`, encodeRecord({ kind: 'half' }).subarray(0, 9));
    expect(await session([])).toEqual(records);
    expect(await readdir(join(folder, 'state'))).toEqual(['journal']);
  });

  test('stays with the old file when a rewrite fails on the way', async () => {
    const failing = journal();
    await failing.open();
    await failing.append(records);
    function* broken(): IterableIterator<object> {
      yield { kind: 'half' };
      throw new Error('no space left');
    }
    await failing.compact(broken());
    expect(failing.figures).toMatchObject({ errors: 1, compactions: 0 });
    await failing.append([{ kind: 'after' }]);
    await failing.close();
    expect(await session([])).toEqual([...records, { kind: 'after' }]);
  });

  test('refuses a file beyond its bound, and one that is no file', async () => {
    await session(records);
    await expect(journal({ maxBytes: 10 }).open()).rejects.toThrow('more than the 10');
    const folderAsFile = new Journal(
      { path: folder, fsync: 'never', compactBytes: 1, maxBytes: 1e6 },
      silentLog,
    );
    await expect(folderAsFile.open()).rejects.toThrow('EISDIR');
  });

  test('throws for what is no JSON and has written nothing of it', async () => {
    const closed = journal();
    await closed.open();
    await expect(closed.append([{ big: 1n }])).rejects.toThrow('BigInt');
    expect(await closed.append(records)).toBe(true);
    await closed.close();
    expect(await session([])).toEqual(records);
  });

  test('keeps nothing without a path', async () => {
    const none = new Journal({ path: '', fsync: 'epoch', compactBytes: 1, maxBytes: 1 }, silentLog);
    expect(await none.open()).toEqual([]);
    expect(await none.append(records)).toBe(true);
    expect(none.wantsCompaction).toBe(false);
    await none.close();
  });
});
