import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { captureDirectory } from '../../../../src/control/self-diagnosis/capture-directory.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshlock-directory-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

function find(environment: Record<string, string>, configured: string | null = null): Promise<string> {
  return captureDirectory({ configured, environment, temporary: folder });
}

const own = `meshlock-${process.getuid?.() ?? 'user'}`;

describe('the folder for captures', () => {
  test('is the configured one, even before it can be written', async () => {
    expect(await find({ HOME: folder }, '/nowhere/captures')).toBe('/nowhere/captures');
  });

  test("is in the user's state folder, made for this user alone", async () => {
    const state = join(folder, 'state');
    const found = await find({ XDG_STATE_HOME: state, HOME: '/nowhere' });
    expect(found).toBe(join(state, 'meshlock', 'captures'));
    expect(statSync(found).mode & 0o777).toBe(0o700);
  });

  test('is under HOME without a state folder, or with one that is not absolute', async () => {
    const expected = join(folder, '.local', 'state', 'meshlock', 'captures');
    expect(await find({ HOME: folder })).toBe(expected);
    expect(await find({ HOME: folder, XDG_STATE_HOME: 'state' })).toBe(expected);
  });

  test('is a private temporary one when the user has no home, or one that cannot be written', async () => {
    expect(await find({})).toBe(join(folder, own, 'captures'));
    expect(statSync(join(folder, own)).mode & 0o777).toBe(0o700);
    writeFileSync(join(folder, 'file'), '');
    expect(await find({ HOME: join(folder, 'file') })).toBe(join(folder, own, 'captures'));
  });

  test('is never a temporary one that others can write to', async () => {
    mkdirSync(join(folder, own));
    chmodSync(join(folder, own), 0o777);
    const found = await find({});
    expect(found).not.toBe(join(folder, own, 'captures'));
    expect(statSync(join(found, '..')).mode & 0o777).toBe(0o700);
  });

  test('is never behind a link that somebody has planted', async () => {
    mkdirSync(join(folder, 'trap'), { mode: 0o700 });
    symlinkSync(join(folder, 'trap'), join(folder, own));
    const found = await find({});
    expect(found).not.toBe(join(folder, own, 'captures'));
    expect(readdirSync(join(folder, 'trap'))).toEqual([]);
  });

  test('cannot be had when nothing can be written', async () => {
    await expect(
      captureDirectory({ configured: null, environment: {}, temporary: join(folder, 'not-there') }),
    ).resolves.toContain('not-there');
    writeFileSync(join(folder, 'file'), '');
    await expect(
      captureDirectory({ configured: null, environment: {}, temporary: join(folder, 'file') }),
    ).rejects.toThrow('ENOTDIR');
  });
});
