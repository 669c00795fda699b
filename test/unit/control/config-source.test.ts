import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { FileSource, fixedSource, withOverrides } from '../../../src/control/config-source.ts';
import { Recorder } from './recorder.ts';
import { testConfig } from './test-config.ts';

const folders: string[] = [];
const sources: FileSource[] = [];

afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshlock-'));
  folders.push(folder);
  const path = join(folder, 'meshlock.yaml');
  writeFileSync(path, content);
  return path;
}

function text(port: number): string {
  return `admin: false\nlisteners: [{ name: in, address: 127.0.0.1:${port}, cluster: app }]\nclusters: [{ name: app, endpoints: [127.0.0.1:3000] }]\n`;
}

async function open(path: string): Promise<FileSource> {
  const source = await FileSource.open(path, { logLevel: 'debug' }, systemClock);
  sources.push(source);
  return source;
}

describe('configuration source', () => {
  test('reads its file anew each time, under what the command line says', async () => {
    const path = fileWith(text(1111));
    const source = await open(path);
    expect(await source.load()).toMatchObject({
      log: { level: 'debug' },
      listeners: [{ address: { port: 1111 } }],
    });
    writeFileSync(path, text(2222));
    expect(await source.load()).toMatchObject({
      log: { level: 'debug' },
      listeners: [{ address: { port: 2222 } }],
    });
  });

  test('tells of a change, also of one that came before somebody listened', async () => {
    const path = fileWith(text(1111));
    const source = await open(path);
    const seen = new Recorder<string>();
    writeFileSync(path, text(2222));
    source.subscribe({ changed: () => seen.push('changed'), unwatched: () => seen.push('unwatched') });
    expect(await seen.until((what) => what === 'changed')).toBe('changed');
  });

  test('rejects with every problem of the file', async () => {
    const source = await open(fileWith('listeners: 3\nclusters: 4\n'));
    const error = await source.load().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect((error as { problems: unknown[] }).problems.length).toBeGreaterThan(1);
  });

  test('is fixed without a file', async () => {
    const config = testConfig();
    const source = fixedSource('command line', config);
    expect(await source.load()).toBe(config);
    expect(source.origin).toBe('command line');
  });

  test('overrides nothing that was not given', () => {
    const config = testConfig();
    expect(withOverrides(config, {})).toEqual(config);
    expect(withOverrides(config, { adminAddress: null, dataThreads: 'auto' })).toEqual({
      ...config,
      dataThreads: 'auto',
      admin: { ...config.admin, address: null },
    });
  });
});
