import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../process/eventually.ts';

const shop = join(import.meta.dirname, '..', '..', '..', 'examples', 'library', 'shop.ts');
const short = join(import.meta.dirname, 'fixtures', 'short.ts');

let state: string;
let program: ChildProcess;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'holmes-library-'));
});

afterEach(async () => {
  if (program.exitCode === null && program.signalCode === null) {
    program.kill('SIGKILL');
    await once(program, 'exit');
  }
  await rm(state, { recursive: true, force: true });
});

function start(...words: readonly string[]): void {
  program = spawn(process.execPath, words, {
    env: { ...process.env, PORT: '0', XDG_STATE_HOME: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function lineOf(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
  for await (const line of createInterface({ input: program[stream]! })) {
    const found = pattern.exec(line);
    if (found !== null) return found;
  }
  throw new Error(`${stream} ended without ${pattern}`);
}

/** Ids of the captures that lie in the state folder of `name`, whole. */
async function stored(name: string): Promise<string[]> {
  const entries = await readdir(join(state, 'holmes', name)).catch(() => []);
  return entries.filter((entry) => /^\d{8}T/.test(entry));
}

describe('a Fastify application that watches itself', () => {
  test('is told which line it is stuck in, while it is stuck', async () => {
    start(shop);
    const [, address] = await lineOf('stdout', /listens on (\S+);/);
    let isStuck = true;
    const search = fetch(`${address}/search?q=${'a'.repeat(24)}!`).then((answer) => {
      isStuck = false;
      return answer.json();
    });
    const id = await eventually(
      async () => (await stored('shop'))[0],
      () => 'a capture on disk',
    );
    expect(isStuck).toBe(true);
    expect((await readdir(join(state, 'holmes', 'shop', id))).sort()).toEqual([
      'capture.json',
      'profile.cpuprofile',
      'profile.pb.gz',
    ]);
    await expect(search).resolves.toEqual({ error: 'words only' });
    const captures = (await (await fetch(`${address}/captures`)).json()) as {
      id: string;
      sentence: string;
    }[];
    const { sentence } = captures.find((capture) => capture.id === id)!;
    expect(sentence).toMatch(/regular expression .*shop\.ts:21.*isPhrase/);
  });
});

describe('a program that is watched', () => {
  test.each([
    ['naturally', 0, ''],
    ['by exit', 3, ''],
    ['closed', 0, 'closed\n'],
  ])('that ends %s ends as it would alone, and says nothing of a debugger', async (how, code, stdout) => {
    start(short, how);
    const output = { stdout: '', stderr: '' };
    program.stdout!.on('data', (piece: Buffer) => (output.stdout += piece.toString()));
    program.stderr!.on('data', (piece: Buffer) => (output.stderr += piece.toString()));
    const [exitCode] = (await once(program, 'close')) as [number | null];
    expect(output).toEqual({ stdout, stderr: '' });
    expect(exitCode).toBe(code);
  });

  test('that dies of an error leaves a capture that says which', async () => {
    start(short, 'by error');
    await once(program, 'close');
    const [id] = await stored('short');
    const text = await readFile(join(state, 'holmes', 'short', id!, 'capture.json'), 'utf8');
    expect(text).toContain('TypeError: planted');
  });
});
