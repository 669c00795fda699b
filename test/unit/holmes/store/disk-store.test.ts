import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ownMark } from '../../../../holmes/store/owner.ts';
import { ManualClock } from '../manual-clock.ts';
import { exampleRecord, profileOf, startMs } from './example-capture.ts';
import { openStore, systemError, temporaryDirectory } from './harness.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const dayMs = 86_400_000;
const soon = { timeout: 15_000, interval: 10 };

function visible(directory: string): string[] {
  return readdirSync(directory).filter((name) => !name.startsWith('.'));
}

function hidden(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('.'));
}

/** Waits until the fixture has stored so many. */
async function numberFrom(output: Readable, number: number): Promise<void> {
  let text = '';
  output.setEncoding('utf8');
  output.on('data', (piece: string) => {
    text += piece;
  });
  while (!text.split('\n').includes(String(number))) await once(output, 'data');
}

/** The heap after a full collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('a store on the disk', () => {
  test('gives back what was put, also to the next process', async () => {
    const { store, directory } = await openStore();
    const put = await store.put(exampleRecord(1), [
      { format: 'pb.gz', bytes: Uint8Array.of(1, 2, 3) },
      { format: 'cpuprofile', bytes: Buffer.from('{}') },
    ]);
    expect(put).toEqual({
      ...exampleRecord(1),
      files: [
        { format: 'pb.gz', bytes: 3 },
        { format: 'cpuprofile', bytes: 2 },
      ],
    });
    const { store: next } = await openStore({ directory });
    for (const each of [store, next]) {
      expect(each.list()).toEqual([put]);
      expect(each.get(put.id)).toEqual(put);
      expect(Buffer.from((await each.read(put.id, 'pb.gz'))!)).toEqual(Buffer.of(1, 2, 3));
      expect(await each.read(put.id, 'heapprofile')).toBeNull();
      expect(await each.read('nobody', 'pb.gz')).toBeNull();
      expect(each.get('../../etc/passwd')).toBeNull();
      expect(each.figures()).toMatchObject({ captures: 1, unsaved: 0, problem: '', evicted: 0 });
    }
    expect(next.figures().bytes).toBe(store.figures().bytes);
  });

  test('keeps everybody else out', async () => {
    const { store, directory } = await openStore();
    const { id } = await store.put(exampleRecord(1), profileOf(10));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, id)).mode & 0o777).toBe(0o700);
    for (const name of ['capture.json', 'profile.pb.gz']) {
      expect(statSync(join(directory, id, name)).mode & 0o777).toBe(0o600);
    }
  });

  test('lists the newest first', async () => {
    const { store, directory } = await openStore();
    for (const number of [1, 2, 3]) await store.put(exampleRecord(number), []);
    const newestFirst = [3, 2, 1].map((number) => exampleRecord(number).id);
    expect(store.list().map(({ id }) => id)).toEqual(newestFirst);
    const { store: next } = await openStore({ directory });
    expect(next.list().map(({ id }) => id)).toEqual(newestFirst);
  });

  test('takes a file from where it was written', async () => {
    const { store, directory } = await openStore();
    const path = await store.scratchFile('data-1.heapsnapshot');
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    writeFileSync(path, 'a large snapshot', { mode: 0o644 });
    const { id, files } = await store.put(exampleRecord(1, { kind: 'snapshot' }), [
      { format: 'heapsnapshot', path },
    ]);
    expect(files).toEqual([{ format: 'heapsnapshot', bytes: 16 }]);
    expect(existsSync(path)).toBe(false);
    expect(Buffer.from((await store.read(id, 'heapsnapshot'))!).toString()).toBe('a large snapshot');
    expect(statSync(join(directory, id, 'profile.heapsnapshot')).mode & 0o777).toBe(0o600);
    await expect(store.scratchFile('../x')).rejects.toThrow('not a file name');
    await store.close();
    expect(hidden(directory)).toEqual([]);
  });

  test('takes a file from another file system', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'elsewhere');
    writeFileSync(path, 'far away');
    const rename: typeof fs.rename = async (from, to) => {
      if (from === path) throw systemError('EXDEV');
      await fs.rename(from, to);
    };
    const { store } = await openStore({ directory: join(directory, 'captures'), disk: { rename } });
    const { id } = await store.put(exampleRecord(1), [{ format: 'heapsnapshot', path }]);
    expect(Buffer.from((await store.read(id, 'heapsnapshot'))!).toString()).toBe('far away');
    expect(existsSync(path)).toBe(false);
  });

  test('deletes a capture once', async () => {
    const { store, directory } = await openStore();
    const { id } = await store.put(exampleRecord(1), profileOf(10));
    expect(await store.delete(id)).toBe(true);
    expect(await store.delete(id)).toBe(false);
    expect(await store.delete('../captures')).toBe(false);
    expect(store.list()).toEqual([]);
    expect(store.figures()).toMatchObject({ captures: 0, bytes: 0, evicted: 0 });
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each(['../escape', '/etc/x', '.tmp-1', 'a/b', ''])('refuses the id %j', async (id) => {
    const { store, directory } = await openStore();
    await expect(store.put(exampleRecord(1, { id }), [])).rejects.toThrow('not an id of a capture');
    expect(readdirSync(directory)).toEqual([]);
  });

  test('tells two captures of one moment apart, of one process and of two', async () => {
    const { store, directory } = await openStore();
    const { store: other } = await openStore({ directory });
    const twins = await Promise.all([store.put(exampleRecord(1), []), store.put(exampleRecord(1), [])]);
    const third = await other.put(exampleRecord(1), []);
    const ids = [...twins, third].map(({ id }) => id);
    expect(ids).toEqual(['', '-2', '-3'].map((suffix) => `${exampleRecord(1).id}${suffix}`));
    expect(visible(directory).length).toBe(3);
  });

  test('says how much the disk takes', async () => {
    const { store } = await openStore();
    expect(await store.freeBytes()).toBeGreaterThan(0);
    expect(await store.freeBytes()).toBeLessThan(Number.POSITIVE_INFINITY);
    const statfs = (() => Promise.reject(systemError('ENOSYS'))) as typeof fs.statfs;
    const { store: mute } = await openStore({ disk: { statfs } });
    expect(await mute.freeBytes()).toBe(Number.POSITIVE_INFINITY);
  });

  test('notices that somebody removed a capture', async () => {
    const { store, directory } = await openStore();
    const { id } = await store.put(exampleRecord(1), profileOf(10));
    rmSync(join(directory, id), { recursive: true });
    expect(await store.read(id, 'pb.gz')).toBeNull();
    expect(store.list()).toEqual([]);
  });

  test('goes on when its directory was removed', async () => {
    const { store, directory } = await openStore();
    await store.put(exampleRecord(1), profileOf(10));
    rmSync(directory, { recursive: true });
    await store.put(exampleRecord(2), profileOf(10));
    expect(visible(directory)).toEqual([exampleRecord(2).id]);
  });
});

describe('the limits of a store', () => {
  test('let the oldest go, by count and by bytes, once the new one is there', async () => {
    const { store, directory } = await openStore({ limits: { maxCount: 3 } });
    for (let number = 1; number <= 5; number++) await store.put(exampleRecord(number), profileOf(1000));
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([5, 4, 3]);
    expect(store.figures()).toMatchObject({ captures: 3, evicted: 2 });
    const { bytes } = store.figures();
    store.configure({ maxBytes: bytes - 1, maxCount: 10, maxAgeMs: dayMs });
    await store.put(exampleRecord(6), profileOf(1000));
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([6, 5]);
    expect(visible(directory).length).toBe(2);
  });

  test('hold for what an earlier process left', async () => {
    const { store, directory } = await openStore();
    for (let number = 1; number <= 6; number++) await store.put(exampleRecord(number), profileOf(10));
    const { store: next } = await openStore({ directory, limits: { maxCount: 2 } });
    expect(next.list().map(({ decisionId }) => decisionId)).toEqual([6, 5]);
    expect(visible(directory).length).toBe(2);
  });

  test('keep out what is larger than all of them, and lose nothing for it', async () => {
    const { store } = await openStore({ limits: { maxBytes: 20_000 } });
    await store.put(exampleRecord(1), profileOf(1000));
    const large = await store.put(exampleRecord(2), profileOf(20_000));
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([2, 1]);
    expect((await store.read(large.id, 'pb.gz'))?.length).toBe(20_000);
    expect(store.figures()).toMatchObject({ captures: 1, unsaved: 1, evicted: 0 });
    expect(store.figures().problem).toContain('is over the limits (20000 bytes');
  });

  test('let what is too old go, an hour after the start at the earliest', async () => {
    const clock = new ManualClock(startMs);
    const { store, directory } = await openStore({ clock, limits: { maxAgeMs: dayMs } });
    await store.put(exampleRecord(0), profileOf(10));
    await clock.pass(dayMs, dayMs);
    expect(store.list().length).toBe(1);
    await clock.pass(3_600_000, 3_600_000);
    await expect.poll(() => store.list().length, soon).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('do not take a clock that jumps ahead for age', async () => {
    const clock = new ManualClock(startMs);
    const { store, directory } = await openStore({ clock, limits: { maxAgeMs: dayMs } });
    for (const number of [1, 2]) await store.put(exampleRecord(number), profileOf(10));
    await clock.pass(7_200_000, 3_600_000);
    clock.jumpWall(365 * dayMs);
    await store.put(exampleRecord(3), profileOf(10));
    await clock.pass(7_200_000, 3_600_000);
    expect(store.list().length).toBe(3);

    // The next process starts while the clock is wrong, and it is set right within the hour.
    const late = new ManualClock(startMs + 400 * dayMs);
    const { store: next } = await openStore({ directory, clock: late, limits: { maxAgeMs: dayMs } });
    await next.put(exampleRecord(4), []);
    expect(next.list().length).toBe(4);
    late.jumpWall(-400 * dayMs);
    await late.pass(7_200_000, 3_600_000);
    await next.put(exampleRecord(5), []);
    expect(next.list().length).toBe(5);
  });

  test('do not evict the newest after the clock was set back', async () => {
    const { store } = await openStore({ limits: { maxCount: 2 } });
    await store.put(exampleRecord(50_000), []);
    await store.put(exampleRecord(50_001), []);
    await store.put(exampleRecord(1), []);
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([1, 50_001]);
  });
});

describe('what a store finds in its directory', () => {
  test('is left alone and reported when it is no capture', async () => {
    const { store, directory } = await openStore();
    const good = await store.put(exampleRecord(1), profileOf(10));
    const torn = await store.put(exampleRecord(2), profileOf(10));
    const short = await store.put(exampleRecord(3), profileOf(10));
    const renamed = await store.put(exampleRecord(4), profileOf(10));
    truncateSync(join(directory, torn.id, 'capture.json'), 200);
    truncateSync(join(directory, short.id, 'profile.pb.gz'), 5);
    await fs.rename(join(directory, renamed.id), join(directory, 'another-name'));
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    mkdirSync(join(directory, 'empty-folder'));
    mkdirSync(join(directory, 'linked'));
    symlinkSync('/etc/passwd', join(directory, 'linked', 'capture.json'));
    mkdirSync(join(directory, 'huge'));
    writeFileSync(join(directory, 'huge', 'capture.json'), ' '.repeat(5 * 1024 * 1024));
    const before = visible(directory).sort();
    const { store: next, log } = await openStore({ directory });
    expect(next.list()).toEqual([good]);
    expect(visible(directory).sort()).toEqual(before);
    expect(log.lines.join('\n')).toMatch(/warn left alone what is no capture of this version .*"count":7/);
  });

  test('is cleaned of what dead processes did not finish, and of nothing else', async () => {
    const directory = temporaryDirectory();
    const [host, pid] = ownMark().split('-');
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    const old = new Date(startMs - 2 * dayMs);
    const names = {
      gone: `.tmp-${host}-${dead}-1-aa`,
      goneScratch: `.scratch-${host}-${dead}-1-aa`,
      reused: `.tmp-${host}-${pid}-1-aa`,
      mine: `.tmp-${ownMark()}-aa`,
      oldMine: `.scratch-${ownMark()}-ab`,
      elsewhere: '.tmp-00000000-7-1-aa',
      oldElsewhere: '.tmp-00000000-7-1-ab',
      unknown: '.other',
    };
    for (const name of Object.values(names)) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'profile.pb.gz'), 'half');
      utimesSync(join(directory, name), new Date(startMs), new Date(startMs));
    }
    for (const name of [names.oldMine, names.oldElsewhere]) utimesSync(join(directory, name), old, old);
    const { store } = await openStore({ directory, clock: new ManualClock(startMs) });
    expect(store.list()).toEqual([]);
    const { mine, oldMine, elsewhere, unknown } = names;
    expect(readdirSync(directory).sort()).toEqual([mine, oldMine, elsewhere, unknown].sort());
  });

  test('is whole after a process was killed in the middle of writing', { timeout: 60_000 }, async () => {
    const directory = join(temporaryDirectory(), 'captures');
    let [unfinished, whole] = [0, 0];
    for (let round = 1; round <= 3; round++) {
      const child = spawn(process.execPath, [join(fixtures, 'endless-writer.ts'), directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      await numberFrom(child.stdout, 2 * round);
      // Looked at without a pause, so that it is seen while it is being written.
      while (hidden(directory).length === 0);
      child.kill('SIGKILL');
      await ended;
      unfinished += hidden(directory).length;
      const { store, log } = await openStore({ directory });
      expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
      expect(hidden(directory)).toEqual([]);
      expect(store.list().length).toBeGreaterThanOrEqual(2 * round);
      for (const { id, files } of store.list()) {
        expect(files.length).toBe(2);
        const [first, second] = await Promise.all([store.read(id, 'pb.gz'), store.read(id, 'cpuprofile')]);
        expect(first?.length).toBe(2_000_000);
        expect(Buffer.compare(first!, second!)).toBe(0);
        whole++;
      }
    }
    expect(whole).toBeGreaterThan(0);
    // Otherwise nothing was killed in the middle, and this test has shown nothing.
    expect(unfinished).toBeGreaterThan(0);
  });

  test('of another process that lives is listed and read but not evicted', { timeout: 30_000 }, async () => {
    const directory = join(temporaryDirectory(), 'captures');
    const child = spawn(process.execPath, [join(fixtures, 'endless-writer.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await numberFrom(child.stdout, 3);
    child.kill('SIGSTOP');
    const theirs = visible(directory).length;
    expect(theirs).toBeGreaterThanOrEqual(3);
    const { store } = await openStore({ directory, limits: { maxCount: 2 } });
    expect(store.list().length).toBe(2);
    expect((await store.read(store.list()[0]!.id, 'pb.gz'))?.length).toBe(2_000_000);
    for (const number of [100_001, 100_002, 100_003]) await store.put(exampleRecord(number), []);
    expect(visible(directory).length).toBe(theirs + 2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { store: next } = await openStore({ directory, limits: { maxCount: 2 } });
    expect(next.list().map(({ decisionId }) => decisionId)).toEqual([100_003, 100_002]);
    expect(visible(directory).length).toBe(2);
  });
});

describe('a store that cannot write', () => {
  test('keeps the capture in memory, where it can be read, listed and deleted', async () => {
    const directory = join(temporaryDirectory(), 'captures');
    writeFileSync(directory, 'a file where the directory should be');
    const { store, log } = await openStore({ directory });
    expect(store.figures().problem).toBe(
      `cannot write captures to ${directory}: a file stands where the directory should be (EEXIST)`,
    );
    const first = await store.put(exampleRecord(1), profileOf(10));
    const second = await store.put(exampleRecord(2), profileOf(20));
    expect(store.list()).toEqual([second, first]);
    expect(store.get(first.id)).toEqual(first);
    expect((await store.read(first.id, 'pb.gz'))?.length).toBe(10);
    expect(store.figures()).toMatchObject({ captures: 0, unsaved: 2 });
    expect(await store.delete(first.id)).toBe(true);
    expect(await store.delete(first.id)).toBe(false);
    expect(store.list()).toEqual([second]);
    expect(log.lines.length).toBe(1);
  });

  test('keeps the last four, and sixteen mebibytes at most', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'captures'), '');
    const { store } = await openStore({ directory: join(directory, 'captures', 'deeper') });
    for (let number = 1; number <= 6; number++) await store.put(exampleRecord(number), profileOf(10));
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([6, 5, 4, 3]);
    await store.put(exampleRecord(7), profileOf(9 * 1024 * 1024));
    await store.put(exampleRecord(8), profileOf(9 * 1024 * 1024));
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([8]);
    const huge = await store.put(exampleRecord(9), profileOf(17 * 1024 * 1024));
    expect(huge.files).toEqual([]);
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([9, 8]);
    expect(store.figures().problem).toContain('a part of the path is a file, not a directory (ENOTDIR)');
  });

  test('writes them by itself when the disk is there again', async () => {
    const clock = new ManualClock(startMs);
    const directory = join(temporaryDirectory(), 'captures');
    writeFileSync(directory, '');
    const { store, log } = await openStore({ directory, clock });
    await store.put(exampleRecord(1), profileOf(10));
    await store.put(exampleRecord(2), profileOf(20));
    await clock.pass(30_000, 30_000);
    expect(store.figures().unsaved).toBe(2);
    rmSync(directory);
    await clock.pass(30_000, 30_000);
    await expect.poll(() => store.figures(), soon).toMatchObject({ captures: 2, unsaved: 0, problem: '' });
    expect(visible(directory)).toEqual([1, 2].map((number) => exampleRecord(number).id));
    expect(log.lines.at(-1)).toContain('captures can be written again');
    // Only the look at ages is left.
    expect(clock.timers).toBe(1);
  });

  test('writes them together with the next capture', async () => {
    const directory = join(temporaryDirectory(), 'captures');
    writeFileSync(directory, '');
    const { store } = await openStore({ directory });
    await store.put(exampleRecord(1), profileOf(10));
    rmSync(directory);
    await store.put(exampleRecord(2), profileOf(10));
    await expect.poll(() => store.figures().captures, soon).toBe(2);
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([2, 1]);
  });

  test.skipIf(process.getuid?.() === 0)('says that it has no permission', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o500);
    onTestFinished(() => chmodSync(directory, 0o700));
    const { store } = await openStore({ directory });
    await store.put(exampleRecord(1), profileOf(10));
    expect(store.figures().problem).toBe(`cannot write captures to ${directory}: permission denied (EACCES)`);
  });

  test.each([
    ['EROFS', 'the file system is read-only (EROFS)'],
    ['EACCES', 'permission denied (EACCES)'],
    ['EMFILE', 'the process has too many open files (EMFILE)'],
    ['EIO', 'the disk reports an input/output error (EIO)'],
  ])('says what %s means, and leaves nothing half done', async (code, meaning) => {
    const state = { broken: false };
    const open: typeof fs.open = (...parameters) =>
      state.broken && String(parameters[0]).endsWith('capture.json')
        ? Promise.reject(systemError(code))
        : fs.open(...parameters);
    const { store, directory } = await openStore({ disk: { open } });
    await store.put(exampleRecord(1), profileOf(10));
    state.broken = true;
    const path = await store.scratchFile('snapshot');
    writeFileSync(path, 'piece by piece');
    const kept = await store.put(exampleRecord(2), [...profileOf(10), { format: 'heapsnapshot', path }]);
    expect(store.figures().problem).toBe(`cannot write captures to ${directory}: ${meaning}`);
    expect(visible(directory)).toEqual([exampleRecord(1).id]);
    expect(hidden(directory).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
    expect(Buffer.from((await store.read(kept.id, 'heapsnapshot'))!).toString()).toBe('piece by piece');
    expect(existsSync(path)).toBe(false);
  });

  test('says so when a capture cannot be deleted, and keeps it', async () => {
    const { directory, store: writer } = await openStore();
    const { id } = await writer.put(exampleRecord(1), profileOf(10));
    const rename = (() => Promise.reject(systemError('EROFS'))) as typeof fs.rename;
    const { store, log } = await openStore({ directory, disk: { rename } });
    await expect(store.delete(id)).rejects.toThrow(
      `cannot delete ${id} in ${directory}: the file system is read-only (EROFS)`,
    );
    expect((await store.read(id, 'pb.gz'))?.length).toBe(10);
    store.configure({ maxBytes: 1, maxCount: 1, maxAgeMs: 1 });
    await expect.poll(() => log.lines.join('\n'), soon).toContain('warn cannot remove a capture');
    expect(store.list().length).toBe(1);
  });

  test('does not wait for a disk that hangs, and takes the capture over when it comes back', async () => {
    const clock = new ManualClock(startMs);
    const gate = Promise.withResolvers<void>();
    const state = { hangs: false };
    const rename: typeof fs.rename = async (from, to) => {
      if (state.hangs) await gate.promise;
      await fs.rename(from, to);
    };
    const { store, directory } = await openStore({ clock, disk: { rename } });
    state.hangs = true;
    const put = store.put(exampleRecord(1), profileOf(10));
    await clock.pass(10_000, 10_000);
    const first = await put;
    expect(store.figures().problem).toBe(`cannot write captures to ${directory}: the disk does not answer`);
    for (const number of [2, 3]) await store.put(exampleRecord(number), profileOf(number));
    expect(store.figures()).toMatchObject({ captures: 0, unsaved: 3 });
    expect((await store.read(first.id, 'pb.gz'))?.length).toBe(10);
    state.hangs = false;
    gate.resolve();
    await expect.poll(() => store.figures().captures, soon).toBe(1);
    await clock.pass(30_000, 30_000);
    await expect.poll(() => store.figures(), soon).toMatchObject({ captures: 3, unsaved: 0, problem: '' });
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([3, 2, 1]);
  });

  test('closes while a disk hangs', async () => {
    const clock = new ManualClock(startMs);
    const gate = Promise.withResolvers<void>();
    onTestFinished(() => gate.resolve());
    const mkdir = (async () => {
      await gate.promise;
      throw systemError('EIO');
    }) as typeof fs.mkdir;
    const opened = openStore({ clock, disk: { mkdir } });
    await clock.pass(10_000, 10_000);
    const { store } = await opened;
    const closed = store.close();
    await clock.pass(10_000, 10_000);
    await closed;
    expect(clock.timers).toBe(0);
  });
});

describe('a full disk', () => {
  /** Everything beyond this is full, as quotas and file systems are. */
  function quota(directory: string, maxBytes: number): { open: typeof fs.open; statfs: typeof fs.statfs } {
    const used = (): number =>
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    const open: typeof fs.open = async (...parameters) => {
      const file = await fs.open(...parameters);
      const writeFile = async (bytes: Uint8Array): Promise<void> => {
        if (used() + bytes.length > maxBytes) throw systemError('ENOSPC');
        await fs.writeFile(file, bytes);
      };
      return Object.assign(Object.create(file) as fs.FileHandle, {
        writeFile,
        sync: () => file.sync(),
        close: () => file.close(),
      });
    };
    const statfs = (() => Promise.resolve({ bavail: Math.max(0, maxBytes - used()), bsize: 1 })) as never;
    return { open, statfs };
  }

  test('costs no earlier capture that the limits allow', async () => {
    const directory = temporaryDirectory();
    const { store } = await openStore({ directory, disk: quota(directory, 250_000) });
    for (const number of [1, 2]) await store.put(exampleRecord(number), profileOf(100_000));
    await store.put(exampleRecord(3), profileOf(100_000));
    expect(store.figures()).toMatchObject({ captures: 2, unsaved: 1, evicted: 0 });
    expect(store.figures().problem).toBe(`cannot write captures to ${directory}: the disk is full (ENOSPC)`);
    expect(visible(directory).length).toBe(2);
  });

  test('makes the oldest go when the limits would have it go for the new one', async () => {
    const directory = temporaryDirectory();
    const { store } = await openStore({
      directory,
      limits: { maxCount: 2 },
      disk: quota(directory, 300_000),
    });
    for (const number of [1, 2, 3]) await store.put(exampleRecord(number), profileOf(100_000));
    expect(store.list().map(({ decisionId }) => decisionId)).toEqual([3, 2]);
    expect(store.figures()).toMatchObject({ captures: 2, unsaved: 0, evicted: 1, problem: '' });
  });

  test('makes nothing go when that would not be enough', async () => {
    const directory = temporaryDirectory();
    const { store } = await openStore({
      directory,
      limits: { maxCount: 2 },
      disk: quota(directory, 250_000),
    });
    for (const number of [1, 2]) await store.put(exampleRecord(number), profileOf(100_000));
    await store.put(exampleRecord(3), profileOf(200_000));
    expect(store.figures()).toMatchObject({ captures: 2, unsaved: 1, evicted: 0 });
  });

  /** Of util-linux: a user may mount in a name space of its own. */
  const namespaces = 'unshare';
  const mount = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m none "$1" && exec "$2" "$3" "$1"', 'sh'];
  const canMount =
    spawnSync(namespaces, ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m none /tmp'], { stdio: 'ignore' })
      .status === 0;

  test.runIf(canMount)('is survived on a real one of one mebibyte', { timeout: 30_000 }, () => {
    const script = join(fixtures, 'full-disk.ts');
    const run = spawnSync(namespaces, [...mount, temporaryDirectory(), process.execPath, script], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    const seen = JSON.parse(run.stdout);
    const ids = (...numbers: number[]): string[] => numbers.map((number) => exampleRecord(number).id);
    expect(seen.freeBefore).toBe(1024 * 1024);
    expect(seen.full).toMatchObject({ captures: 3, unsaved: 2, evicted: 0 });
    expect(seen.full.problem).toMatch(/: the disk is full \(ENOSPC\)$/);
    expect(seen.readable).toEqual([300_000, 300_000, 300_000, 300_000, 300_000]);
    expect(seen.afterReplacing.ids).toEqual(ids(6, 3, 2));
    expect(seen.afterReplacing.figures).toMatchObject({ captures: 3, unsaved: 0, evicted: 1, problem: '' });
    expect(seen.afterTooLarge.ids).toEqual(ids(7, 6, 3, 2));
    expect(seen.afterTooLarge.figures).toMatchObject({ captures: 3, unsaved: 1, evicted: 1 });
    expect(seen.left).toEqual(ids(8, 7));
    expect(seen.end).toMatchObject({ captures: 2, unsaved: 0, problem: '' });
  });
});

describe('ten thousand captures', () => {
  test('leave no more in memory and on the disk than the limits say', { timeout: 120_000 }, async () => {
    const sync = (): Promise<void> => Promise.resolve();
    // Flushing is left out: it is the disk's time, not what is measured.
    const open: typeof fs.open = async (...parameters) => {
      const file = await fs.open(...parameters);
      return Object.assign(file, { sync });
    };
    const { store, directory } = await openStore({ limits: { maxCount: 5 }, disk: { open } });
    const files = profileOf(2000);
    const heapAfter = async (from: number, to: number): Promise<number> => {
      for (let number = from; number < to; number++) await store.put(exampleRecord(number), files);
      return heapUsed();
    };
    const early = await heapAfter(0, 2000);
    const late = await heapAfter(2000, 10_000);
    expect(store.figures()).toMatchObject({ captures: 5, evicted: 9995, unsaved: 0 });
    expect(visible(directory).length).toBe(5);
    expect(hidden(directory)).toEqual([]);
    // Eight thousand records of 1.5 kB, were they kept, are twelve megabytes.
    expect(late - early).toBeLessThan(4 * 1024 * 1024);
  });
});
