import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linkToMainThread } from '../../../../holmes/link/main-thread-link.ts';
import { subjectContract } from './contract.ts';
import { RemoteMainSubject } from './fixtures/remote-subject.ts';

const run = promisify(execFile);

subjectContract('the main thread', async () => {
  const subject = new RemoteMainSubject();
  await subject.ready();
  return { subject, stop: async () => subject.stop() };
});

/** Until the helper has answered the last call; false when it has not for ten seconds. */
function guiltyWait({ answered, lastId }: RemoteMainSubject): boolean {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    for (let index = 0; index < 100_000; index++) Math.sqrt(index);
    if (Atomics.load(answered, 0) === lastId) return true;
  }
  return false;
}

describe('the main thread as a subject', () => {
  let subject: RemoteMainSubject;

  beforeEach(async () => {
    subject = new RemoteMainSubject();
    await subject.ready();
    await subject.start();
  });

  afterEach(async () => {
    await subject.close();
    await subject.stop();
  });

  test('is captured from the helper while it spins', async () => {
    const cutting = subject.cutCpu({ beforeMs: 10_000, afterMs: 300 });
    expect(guiltyWait(subject)).toBe(true);
    const profile = await cutting;
    const guilty = profile.nodes.filter(({ callFrame }) => callFrame.functionName === 'guiltyWait');
    expect(guilty.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0)).toBeGreaterThan(5);
  });

  test('is looked at from the helper while it spins', async () => {
    const looking = subject.stacks(3);
    expect(guiltyWait(subject)).toBe(true);
    const stacks = await looking;
    expect(stacks.length).toBeGreaterThan(0);
    const names = stacks.flatMap(({ frames }) => frames.map(({ functionName }) => functionName));
    expect(names).toContain('guiltyWait');
  });
});

describe('a link to the main thread', () => {
  test('is taken off in the last words of the process, which then ends with its own code and without a word', async () => {
    const script = fileURLToPath(new URL('./fixtures/watched-process.ts', import.meta.url));
    await expect(run(process.execPath, [script], { timeout: 15_000 })).rejects.toMatchObject({
      code: 5,
      stderr: '',
    });
  });

  test('cannot be made on the main thread itself', () => {
    expect(() => linkToMainThread()).toThrow('the main thread cannot watch itself');
  });

  test('lets the process end without a word once it is closed, and a waiting call keeps nothing alive', async () => {
    const script = fileURLToPath(new URL('./fixtures/linked-process.ts', import.meta.url));
    const closed = await run(process.execPath, [script, 'close'], { timeout: 15_000 });
    expect(closed).toEqual({ stdout: 'linked 42\nclosed rejected closed\n', stderr: '' });
    const waiting = await run(process.execPath, [script, 'wait'], { timeout: 15_000 });
    expect(waiting.stdout).toBe('linked 42\nthe helper has ended\n');
  });
});
