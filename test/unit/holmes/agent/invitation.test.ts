import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { threadId, Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { emitJavaScript } from '../../../../build/emit.ts';
import { BoardReader } from '../../../../holmes/agent/board.ts';
import {
  collectExpression,
  expectJoin,
  joinExpression,
  removeExpression,
} from '../../../../holmes/agent/invitation.ts';
import { systemClock } from '../../../../holmes/clock.ts';
import type { HandleProfile } from '../../../../holmes/profile/handle-profile.ts';
import { ManualClock } from '../manual-clock.ts';
import { Inspected } from './inspected.ts';
import { until, Watched } from './watched.ts';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function inspected(worker: Worker): Promise<Inspected> {
  worker.on('error', () => {});
  await once(worker, 'online');
  return linkTo(worker);
}

async function linkTo(worker: Worker): Promise<Inspected> {
  cleanUps.push(() => worker.terminate());
  const link = await Inspected.of(worker);
  cleanUps.push(() => link.close());
  return link;
}

async function invite(
  link: Inspected,
  expression: (token: string, parent: number) => string = joinExpression,
) {
  const expected = expectJoin('a token', 10_000, systemClock);
  const line = await link.evaluateInTurn(expression('a token', threadId));
  return { line, joined: await expected };
}

async function collected(link: Inspected): Promise<HandleProfile> {
  return JSON.parse((await link.evaluate(collectExpression)) as string) as HandleProfile;
}

/** Of all groups: the first call of an async function has another stack than those after its `await`. */
function countOf(profile: HandleProfile, wanted: string): number {
  return profile.groups.filter(({ kind }) => kind === wanted).reduce((sum, { count }) => sum + count, 0);
}

const script = 'require("node:worker_threads").parentPort.on("message", () => {});';

describe('an invitation', () => {
  test('is taken by a thread that runs CommonJS and knows nothing of us', async () => {
    const link = await inspected(new Worker(script, { eval: true }));
    const { line, joined } = await invite(link);
    expect(line).toMatch(/^thread \d+ \(\d+ of the kernel\) has joined$/);
    expect(joined.token).toBe('a token');
    expect(new BoardReader(joined, systemClock).pulse()).toMatchObject({ beats: 1, lastWords: 'none' });
  });

  test('is taken by a thread that runs modules', async () => {
    const source = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => {});`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    const link = await inspected(new Worker(url));
    expect((await invite(link)).joined.threadId).toBeGreaterThan(0);
  });

  test('works as it is built', async () => {
    const root = await mkdtemp(join(tmpdir(), 'built-'));
    cleanUps.push(() => rm(root, { recursive: true }));
    await writeFile(join(root, 'package.json'), '{ "type": "module" }');
    await emitFolder(root, 'holmes/agent');
    await emitFile(root, 'holmes/clock.ts');
    const built = (await import(pathToFileURL(join(root, 'holmes/agent/invitation.js')).href)) as {
      joinExpression: typeof joinExpression;
    };
    expect(built.joinExpression('t', 0)).toContain('agent.js');
    const link = await inspected(new Worker(script, { eval: true }));
    const { joined } = await invite(link, built.joinExpression);
    expect(new BoardReader(joined, systemClock).pulse()).not.toBeNull();
    expect((await collected(link)).armedMs).toBe(0);
  });

  test('is taken by a thread that is in the middle of its work', async () => {
    const link = await inspected(
      new Worker(`${script} const end = Date.now() + 3000; while (Date.now() < end);`, { eval: true }),
    );
    const before = performance.now();
    await link.evaluate(joinExpression('unheard', threadId));
    expect(performance.now() - before).toBeLessThan(2500);
  });

  test('lasts as long as it says, and leaves no listener', async () => {
    const clock = new ManualClock();
    const before = process.listenerCount('workerMessage');
    const expected = expectJoin('nobody', 1500, clock);
    expect(process.listenerCount('workerMessage')).toBe(before + 1);
    clock.advance(1500);
    await expect(expected).rejects.toThrow('the thread has not joined within 1500 ms');
    expect(process.listenerCount('workerMessage')).toBe(before);
    expect(clock.timers).toBe(0);
  });

  test('is answered by its own token only', async () => {
    const clock = new ManualClock();
    const expected = expectJoin('right', 1500, clock);
    const memory = new SharedArrayBuffer(8);
    for (const value of [
      null,
      'right',
      { token: 'right' },
      { token: 'wrong', memory, delay: {}, threadId: 1, tid: 1 },
    ])
      emitWorkerMessage(value);
    const answer = { token: 'right', memory, delay: {}, threadId: 1, tid: 1 };
    emitWorkerMessage(answer);
    expect(await expected).toBe(answer);
    expect(clock.timers).toBe(0);
  });

  test('fails loudly where there is no agent, and is taken back without harm', async () => {
    const link = await inspected(new Worker(script, { eval: true }));
    await expect(link.evaluate(collectExpression)).rejects.toThrow('the thread has not been joined');
    expect(await link.evaluate(removeExpression)).toBeUndefined();
    await invite(link);
    await link.evaluate(removeExpression);
    await expect(link.evaluate(collectExpression)).rejects.toThrow('the thread has not been joined');
  });
});

describe('what is collected of a thread', () => {
  test('names where sockets, timers and Buffers were made, and what Node warned of', async () => {
    const thread = new Watched();
    await once(thread.worker, 'online');
    await thread.ask('traces');
    const link = await linkTo(thread.worker);
    const { joined } = await invite(link);
    const reader = new BoardReader(joined, systemClock);
    await thread.ask('dial', 10);
    await thread.ask('leakBuffers', 32 * 1024 * 1024);
    await thread.ask('leakListeners');
    reader.arm(60_000);
    // Armed as soon as the loop turns, which is over when this is answered.
    await thread.ask('sleep', 50);
    await thread.ask('leakTimers', 500);
    const profile = await collected(link);
    const named = (stack: HandleProfile['groups'][number]['stack']) =>
      stack.map(({ functionName }) => functionName);
    const client = profile.groups.find(({ kind }) => kind === 'tcp-client');
    expect(client).toMatchObject({ state: 'open', bufferedBytes: 0 });
    expect(countOf(profile, 'tcp-client')).toBe(10);
    expect(client?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(client?.maxAgeMs).toBeGreaterThan(0);
    expect(client?.stack.some(({ url, line }) => url.endsWith('watched-thread.ts') && line > 0)).toBe(true);
    expect(profile.groups.find(({ kind }) => kind === 'tcp-server')).toMatchObject({ count: 10 });
    expect(profile.groups.some(({ kind }) => kind === 'TCPSocketWrap')).toBe(false);
    expect(profile.groups.find(({ kind }) => kind === 'TCPServerWrap')).toMatchObject({
      count: 1,
      stack: [],
    });
    expect(profile.activeByType['TCPSocketWrap']).toBe(20);
    expect(named(profile.buffers[0]?.stack ?? [])[0]).toBe('leakBuffers');
    expect((profile.buffers[0]?.bytes ?? 0) / 1024 / 1024).toBeCloseTo(32, -1);
    expect(profile.armedMs).toBeGreaterThan(0);
    const timers = profile.created.find(
      ({ kind, stack }) => kind === 'Timeout' && named(stack).includes('leakTimers'),
    );
    expect(timers?.created).toBeGreaterThanOrEqual(250);
    expect(timers?.alive).toBeGreaterThanOrEqual(250);
    const warning = profile.warnings.at(-1);
    expect(warning?.name).toBe('MaxListenersExceededWarning');
    expect(named(warning?.stack ?? [])).toContain('leakListeners');
    // A window is told once.
    expect((await collected(link)).armedMs).toBe(0);
  });

  test('can be had while the thread waits in its last words', async () => {
    const thread = new Watched();
    await once(thread.worker, 'online');
    await thread.ask('traces');
    const link = await linkTo(thread.worker);
    const { joined } = await invite(link);
    const reader = new BoardReader(joined, systemClock);
    await thread.ask('dial', 3);
    reader.pulse();
    thread.tell('explode', 'the end');
    await until(() => reader.pulse()?.lastWords === 'exception');
    const profile = await collected(link);
    expect(reader.pulse()?.lastWords).toBe('exception');
    expect(countOf(profile, 'tcp-client')).toBe(3);
    reader.letGo();
    await thread.ended;
  });
});

function emitWorkerMessage(value: unknown): void {
  EventEmitter.prototype.emit.call(process, 'workerMessage', value, 1);
}

async function emitFolder(root: string, folder: string): Promise<void> {
  for (const file of await readdir(folder))
    if (file.endsWith('.ts')) await emitFile(root, `${folder}/${file}`);
}

async function emitFile(root: string, path: string): Promise<void> {
  const target = join(root, path.replace(/\.ts$/, '.js'));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, emitJavaScript(path, await readFile(path, 'utf8')));
}
