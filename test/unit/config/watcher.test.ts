import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import { ConfigWatcher, type ConfigWatcherOptions } from '../../../src/config/index.ts';

let directory: string;
let watcher: ConfigWatcher | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meshlock-watch-'));
});

afterEach(() => {
  watcher?.close();
  watcher = undefined;
  rmSync(directory, { recursive: true });
});

/** What the watcher says, as a list that can be waited on. */
async function watch(path: string, options: Partial<ConfigWatcherOptions> = {}) {
  const said: string[] = [];
  let wake: () => void = () => undefined;
  const say = (word: string) => {
    said.push(word);
    wake();
  };
  watcher = await ConfigWatcher.start({
    path,
    debounceMs: 20,
    onChange: () => say('changed'),
    onUnchanged: () => say('unchanged'),
    ...options,
  });
  const next = async (): Promise<string> => {
    while (said.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return said.shift() as string;
  };
  /** The file system may tell of one write in two events, the second of which changes nothing. */
  const change = async (): Promise<string> => {
    let word = await next();
    while (word === 'unchanged') word = await next();
    return word;
  };
  return { said, next, change };
}

describe('a configuration watcher', () => {
  test('tells when the file is written', async () => {
    const path = join(directory, 'meshlock.yaml');
    writeFileSync(path, 'a');
    const { change } = await watch(path);
    writeFileSync(path, 'b');
    expect(await change()).toBe('changed');
  });

  test('tells when another file is renamed onto it, again and again', async () => {
    const path = join(directory, 'meshlock.yaml');
    writeFileSync(path, 'a');
    const { change } = await watch(path);
    for (const content of ['b', 'c']) {
      writeFileSync(`${path}.tmp`, content);
      renameSync(`${path}.tmp`, path);
      expect(await change()).toBe('changed');
    }
  });

  test('tells when Kubernetes swaps the directory behind it', async () => {
    for (const version of ['1', '2']) {
      mkdirSync(join(directory, `..${version}`));
      writeFileSync(join(directory, `..${version}`, 'meshlock.yaml'), version);
    }
    symlinkSync('..1', join(directory, '..data'));
    symlinkSync('..data/meshlock.yaml', join(directory, 'meshlock.yaml'));
    const { change } = await watch(join(directory, 'meshlock.yaml'));
    symlinkSync('..2', join(directory, '..data_tmp'));
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    expect(await change()).toBe('changed');
  });

  test('tells when the file that a link leads to is written', async () => {
    mkdirSync(join(directory, 'real'));
    mkdirSync(join(directory, 'link'));
    const real = join(directory, 'real', 'meshlock.yaml');
    writeFileSync(real, 'a');
    symlinkSync(real, join(directory, 'link', 'meshlock.yaml'));
    const { change } = await watch(join(directory, 'link', 'meshlock.yaml'));
    writeFileSync(real, 'b');
    expect(await change()).toBe('changed');
  });

  test('says nothing of a file that is only touched, nor of its neighbours', async () => {
    const path = join(directory, 'meshlock.yaml');
    writeFileSync(path, 'a');
    const { next } = await watch(path);
    utimesSync(path, 1, 1);
    expect(await next()).toBe('unchanged');
    writeFileSync(join(directory, 'neighbour'), 'x');
    expect(await next()).toBe('unchanged');
  });

  test('keeps to the last content while the file is missing', async () => {
    const path = join(directory, 'meshlock.yaml');
    writeFileSync(path, 'a');
    const { next, change } = await watch(path);
    rmSync(path);
    expect(await next()).toBe('unchanged');
    writeFileSync(path, 'b');
    expect(await change()).toBe('changed');
  });

  test('takes several writes within the debounce as one', async () => {
    const path = join(directory, 'meshlock.yaml');
    writeFileSync(path, 'a');
    const clock = new ManualClock();
    const { said, next } = await watch(path, { clock, debounceMs: 100, pollMs: 1000 });
    writeFileSync(path, 'b');
    writeFileSync(path, 'c');
    expect(said).toEqual([]);
    clock.advance(1000);
    expect(await next()).toBe('changed');
    expect(said).toEqual([]);
  });

  test('finds by polling what no event tells: its directory was itself replaced', async () => {
    const inner = join(directory, 'inner');
    mkdirSync(inner);
    writeFileSync(join(inner, 'meshlock.yaml'), 'a');
    const clock = new ManualClock();
    const { change } = await watch(join(inner, 'meshlock.yaml'), { clock, pollMs: 1000 });
    renameSync(inner, join(directory, 'old'));
    mkdirSync(inner);
    writeFileSync(join(inner, 'meshlock.yaml'), 'b');
    clock.advance(1000);
    expect(await change()).toBe('changed');
  });

  test('waits for a file and a directory that are not there yet', async () => {
    const path = join(directory, 'later', 'meshlock.yaml');
    const errors: Error[] = [];
    const clock = new ManualClock();
    const { change } = await watch(path, { clock, pollMs: 1000, onError: (error) => errors.push(error) });
    expect(errors).toHaveLength(1);
    mkdirSync(join(directory, 'later'));
    writeFileSync(path, 'a');
    clock.advance(1000);
    expect(await change()).toBe('changed');
  });

  test('calls nothing back once closed', async () => {
    const path = join(directory, 'meshlock.yaml');
    writeFileSync(path, 'a');
    const clock = new ManualClock();
    const { said } = await watch(path, { clock, pollMs: 1000 });
    writeFileSync(path, 'b');
    watcher?.close();
    clock.advance(5000);
    const other = await watch(path);
    writeFileSync(path, 'c');
    expect(await other.change()).toBe('changed');
    expect(said).toEqual([]);
  });
});
