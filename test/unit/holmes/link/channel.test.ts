import { describe, expect, test, vi } from 'vitest';
import { Channel } from '../../../../holmes/link/channel.ts';
import { LinkError } from '../../../../holmes/link/link.ts';
import { ManualClock } from '../../../../src/base/manual-clock.ts';

interface Sent {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

function setUp(): {
  channel: Channel;
  clock: ManualClock;
  sent: Sent[];
  hangUp: ReturnType<typeof vi.fn<() => void>>;
} {
  const clock = new ManualClock();
  const sent: Sent[] = [];
  const hangUp = vi.fn<() => void>();
  const channel = new Channel({
    thread: 'worker 3',
    clock,
    send: (id, method, params) => sent.push({ id, method, params }),
    hangUp,
  });
  return { channel, clock, sent, hangUp };
}

describe('a channel', () => {
  test('gives each call its own answer, in whatever order they come', async () => {
    const { channel, sent, clock } = setUp();
    const first = channel.post('Runtime.evaluate', { expression: '1' });
    const second = channel.post('Runtime.evaluate', { expression: '2' });
    expect(sent.map(({ params }) => params)).toEqual([{ expression: '1' }, { expression: '2' }]);
    channel.answer(sent[1]?.id ?? 0, null, { value: 2 });
    channel.answer(sent[0]?.id ?? 0, null, { value: 1 });
    expect(await first).toEqual({ value: 1 });
    expect(await second).toEqual({ value: 2 });
    expect(clock.pendingTimers).toBe(0);
  });

  test('rejects a call that the thread refuses, with its words', async () => {
    const { channel, sent } = setUp();
    const call = channel.post('Profiler.stop');
    channel.answer(sent[0]?.id ?? 0, { message: 'Profiler is not started' }, undefined);
    await expect(call).rejects.toMatchObject({
      name: 'LinkError',
      reason: 'refused',
      message: 'Profiler.stop: Profiler is not started',
    });
  });

  test('gives up on a call after its time, by default a minute, and ignores the late answer', async () => {
    const { channel, clock, sent } = setUp();
    const short = channel.post('Profiler.enable', undefined, 500);
    const usual = channel.post('Profiler.enable');
    const outcomes = Promise.allSettled([short, usual]);
    clock.advance(500);
    await expect(short).rejects.toMatchObject({
      reason: 'timeout',
      message: 'Profiler.enable: no answer of worker 3 in 500 ms',
    });
    clock.advance(59_499);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    await expect(usual).rejects.toMatchObject({ reason: 'timeout' });
    for (const { id } of sent) channel.answer(id, null, {});
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('waits for ever when it is told to', async () => {
    const { channel, clock, sent } = setUp();
    const call = channel.post('Profiler.stop', undefined, Number.POSITIVE_INFINITY);
    clock.advance(24 * 3600 * 1000);
    channel.answer(sent[0]?.id ?? 0, null, 'late');
    expect(await call).toBe('late');
  });

  test('rejects every call when it is closed, hangs up once, and takes no more calls', async () => {
    const { channel, clock, hangUp, sent } = setUp();
    const calls = [channel.post('a'), channel.post('b')];
    const outcomes = Promise.allSettled(calls);
    channel.close();
    channel.close();
    await channel.closed;
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'LinkError', reason: 'closed' } });
    }
    expect(hangUp).toHaveBeenCalledTimes(1);
    expect(clock.pendingTimers).toBe(0);
    await expect(channel.post('c')).rejects.toBeInstanceOf(LinkError);
    expect(sent).toHaveLength(2);
  });

  test('does not hang up on a thread that has gone', async () => {
    const { channel, hangUp } = setUp();
    const call = channel.post('a');
    channel.lose('the worker has ended');
    await expect(call).rejects.toThrow('a: no link to worker 3: the worker has ended');
    channel.close();
    await channel.closed;
    expect(hangUp).not.toHaveBeenCalled();
  });

  test('tells listeners of an event until they leave, each one as often as it registered', () => {
    const { channel } = setUp();
    const heard: unknown[] = [];
    const listener = (params: unknown): number => heard.push(params);
    const leaveFirst = channel.on('Debugger.paused', listener);
    const leaveSecond = channel.on('Debugger.paused', listener);
    channel.notify('Debugger.paused', 1);
    leaveFirst();
    leaveFirst();
    channel.notify('Debugger.paused', 2);
    expect(channel.listensTo('Debugger.paused')).toBe(true);
    leaveSecond();
    channel.notify('Debugger.paused', 3);
    expect(heard).toEqual([1, 1, 2]);
    expect(channel.listensTo('Debugger.paused')).toBe(false);
  });

  test('hands nothing over in the middle of running code, except that the thread has stopped', async () => {
    const { channel, sent } = setUp();
    const heard: string[] = [];
    const hear = (method: string): unknown =>
      channel.on(method, (params) => heard.push(`${method} ${String(params)}`));
    for (const method of ['Debugger.paused', 'Debugger.resumed', 'e']) hear(method);
    const call = channel.post('a').then((answer) => heard.push(`answer ${String(answer)}`));
    channel.notify('e', 1);
    channel.answer(sent[0]?.id ?? 0, null, 2);
    channel.notify('Debugger.paused', 3);
    channel.notify('Debugger.resumed', 4);
    expect(heard).toEqual(['Debugger.paused 3']);
    await call;
    expect(heard).toEqual(['Debugger.paused 3', 'e 1', 'Debugger.resumed 4', 'answer 2']);
  });

  test('counts what the thread has said before it went', async () => {
    const { channel, sent } = setUp();
    const calls = Promise.allSettled([channel.post('a'), channel.post('b')]);
    channel.answer(sent[0]?.id ?? 0, null, 'in time');
    channel.lose('the worker has ended');
    channel.answer(sent[1]?.id ?? 0, null, 'too late');
    expect(await calls).toMatchObject([{ value: 'in time' }, { reason: { reason: 'closed' } }]);
  });

  test('warns of an error in a listener and goes on with the others and with calls', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const { channel, sent } = setUp();
      const heard: unknown[] = [];
      channel.on('e', () => {
        throw new Error('listener is broken');
      });
      channel.on('e', (params) => heard.push(params));
      const call = channel.post('a');
      channel.notify('e', 'news');
      channel.answer(sent[0]?.id ?? 0, null, 'answer');
      expect(await call).toBe('answer');
      expect(heard).toEqual(['news']);
      expect(warn).toHaveBeenCalledWith('a listener to e threw: listener is broken', 'HolmesWarning');
    } finally {
      warn.mockRestore();
    }
  });

  test('refuses further commands when 256 are unanswered, also those it gave up on, until answers come', async () => {
    const { channel, clock, sent } = setUp();
    const outcomes = Promise.allSettled(
      Array.from({ length: 256 }, async (_, index) => channel.post('a', undefined, index < 100 ? 10 : 1000)),
    );
    clock.advance(10);
    await expect(channel.post('b')).rejects.toMatchObject({ reason: 'refused' });
    expect(sent).toHaveLength(256);
    channel.answer(sent[0]?.id ?? 0, null, {});
    await Promise.resolve();
    const call = channel.post('b');
    expect(sent).toHaveLength(257);
    channel.close();
    await expect(call).rejects.toMatchObject({ reason: 'closed' });
    await outcomes;
  });

  test('rejects a call that could not be sent', async () => {
    const clock = new ManualClock();
    const channel = new Channel({
      thread: 'the main thread',
      clock,
      send: () => {
        throw new Error('Session is not connected');
      },
      hangUp: () => undefined,
    });
    await expect(channel.post('a')).rejects.toThrow('a: Session is not connected');
    expect(clock.pendingTimers).toBe(0);
  });
});
