import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { evaluate } from '../../../../holmes/link/evaluate.ts';
import { LinkError } from '../../../../holmes/link/link.ts';
import { WorkerLinks } from '../../../../holmes/link/worker-links.ts';
import { CulpritWorker } from '../subject/fixtures/culprit-worker.ts';

const threadIdOf = "process.getBuiltinModule('node:worker_threads').threadId";

async function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'answered',
    (error: unknown) => (error instanceof LinkError ? error.reason : 'another error'),
  );
}

describe('links to workers', () => {
  const culprits: CulpritWorker[] = [];
  let links: WorkerLinks;

  function startWorker(): CulpritWorker {
    const culprit = new CulpritWorker();
    culprits.push(culprit);
    return culprit;
  }

  beforeEach(() => {
    links = new WorkerLinks();
  });

  afterEach(async () => {
    links.close();
    await Promise.all(culprits.splice(0).map(async (culprit) => culprit.stop()));
  });

  test('reach each its own worker, whether it started before or after the links', async () => {
    links.close();
    const before = [startWorker(), startWorker()];
    await Promise.all(before.map(async (culprit) => culprit.heard('ready')));
    links = new WorkerLinks();
    const after = [startWorker(), startWorker()];
    for (const { worker } of [...after, ...before]) {
      const { threadId } = worker;
      const link = await links.linkTo(worker, 10_000);
      await expect.poll(async () => evaluate(link, threadIdOf).catch(() => 'no context yet')).toBe(threadId);
    }
  });

  test('answer in the middle of a loop', async () => {
    const culprit = startWorker();
    await culprit.heard('ready');
    const link = await links.linkTo(culprit.worker, 10_000);
    culprit.order({ act: 'loop' });
    await culprit.heard('begins');
    expect(await evaluate(link, '6 * 7')).toBe(42);
    culprit.note('answered');
    culprit.release();
    await culprit.heard('done');
    expect(culprit.events).toEqual(['ready', 'begins', 'answered', 'done']);
  });

  test('answer behind a native call when that has ended, and time out meanwhile', async () => {
    const culprit = startWorker();
    await culprit.heard('ready');
    const link = await links.linkTo(culprit.worker, 10_000);
    culprit.order({ act: 'pbkdf2', rounds: 1_000_000 });
    await culprit.heard('begins');
    // Between these words and the native call it still answers.
    await expect.poll(async () => reasonOf(evaluate(link, '1', 50))).toBe('timeout');
    const late = evaluate(link, '6 * 7');
    expect(await late).toBe(42);
    await culprit.heard('done');
    // The answer to the one that timed out has come as well; the next call gets its own.
    expect(await evaluate(link, '2')).toBe(2);
  });

  test('reject calls that are under way when the worker dies, and every later one', async () => {
    const culprit = startWorker();
    await culprit.heard('ready');
    const { worker } = culprit;
    const listeners = worker.listenerCount('exit');
    const link = await links.linkTo(worker, 10_000);
    const never = { expression: 'new Promise(() => {})', awaitPromise: true };
    const calls = Array.from({ length: 20 }, async () => reasonOf(link.post('Runtime.evaluate', never)));
    culprit.order({ act: 'exit' });
    const ended = new Int32Array(new SharedArrayBuffer(4));
    // Nothing is heard of the end of the worker until this test waits.
    Atomics.wait(ended, 0, 0, 1000);
    calls.push(reasonOf(evaluate(link, '1')));
    const reasons = await Promise.all(calls);
    // V8 may still find the time to say that it will never know.
    for (const reason of reasons) expect(['closed', 'refused']).toContain(reason);
    expect(reasons.at(-1)).toBe('closed');
    await culprit.exited;
    await link.closed;
    await expect(link.post('Runtime.evaluate', { expression: '1' })).rejects.toMatchObject({
      reason: 'closed',
    });
    expect(worker.listenerCount('exit')).toBeLessThan(listeners + 1);
    await expect(links.linkTo(worker, 1000)).rejects.toMatchObject({ reason: 'closed' });
  });

  test('close when the worker exits by itself', async () => {
    const culprit = startWorker();
    await culprit.heard('ready');
    const link = await links.linkTo(culprit.worker, 10_000);
    culprit.order({ act: 'exit' });
    await link.closed;
    expect(await culprit.exited).toBe(3);
  });

  test('reject a worker that dies before it is linked, one that does not show up, and a second link', async () => {
    const dying = startWorker();
    const linking = links.linkTo(dying.worker, 10_000);
    const outcome = Promise.allSettled([linking]);
    await dying.worker.terminate();
    expect(await outcome).toMatchObject([{ reason: { name: 'LinkError', reason: 'closed' } }]);

    const late = startWorker();
    await expect(links.linkTo(late.worker, 0)).rejects.toMatchObject({ reason: 'timeout' });
    await late.heard('ready');
    await links.linkTo(late.worker, 10_000);
    await expect(links.linkTo(late.worker, 10_000)).rejects.toMatchObject({ reason: 'refused' });
  });

  test('can be made again after a close, which leaves nothing switched on in the worker', async () => {
    const culprit = startWorker();
    await culprit.heard('ready');
    const first = await links.linkTo(culprit.worker, 10_000);
    await first.post('Profiler.enable');
    await first.post('Profiler.start');
    const cut = evaluate(first, '1');
    first.close();
    await expect(cut).rejects.toBeInstanceOf(LinkError);
    await first.closed;

    const second = await links.linkTo(culprit.worker, 10_000);
    expect(await evaluate(second, "'mine'")).toBe('mine');
    await expect(second.post('Profiler.stop')).rejects.toMatchObject({ reason: 'refused' });
  });

  test('tell of events, and only to those who listen', async () => {
    const culprit = startWorker();
    await culprit.heard('ready');
    const link = await links.linkTo(culprit.worker, 10_000);
    const contexts: unknown[] = [];
    const leave = link.on('Runtime.executionContextCreated', (params) => contexts.push(params));
    await link.post('Runtime.enable');
    expect(contexts).toHaveLength(1);
    leave();
    await link.post('Runtime.disable');
    await link.post('Runtime.enable');
    expect(contexts).toHaveLength(1);
  });

  test('reject what waits when all are closed', async () => {
    const culprit = startWorker();
    await culprit.heard('ready');
    const link = await links.linkTo(culprit.worker, 10_000);
    culprit.order({ act: 'pbkdf2', rounds: 500_000 });
    await culprit.heard('begins');
    const call = evaluate(link, '1');
    const waiting = links.linkTo(startWorker().worker, 10_000);
    links.close();
    await expect(call).rejects.toMatchObject({ reason: 'closed' });
    await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
    await expect(links.linkTo(culprit.worker, 1000)).rejects.toMatchObject({ reason: 'closed' });
    await culprit.heard('done');
  });
});
