import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { HeapInfo } from 'node:v8';
import type { BoardReader } from '../../../../holmes/agent/board.ts';
import type { Readings } from '../../../../holmes/reading.ts';
import { until, Watched } from './watched.ts';

const mebibyte = 1024 * 1024;
const all: Watched[] = [];

function watched(...options: ConstructorParameters<typeof Watched>): Watched {
  const thread = new Watched(...options);
  all.push(thread);
  return thread;
}

afterEach(async () => {
  await Promise.all(all.splice(0).map(({ worker }) => worker.terminate()));
});

/** Samples, each over what happened since the last, until one is so. */
async function sampleUntil(reader: BoardReader, isSo: (readings: Readings) => boolean): Promise<Readings> {
  let readings: Readings = {};
  await until(() => {
    readings = reader.sample();
    return isSo(readings);
  });
  return readings;
}

describe('the agent in a worker', () => {
  test('tells the heap and the memory outside of it', async () => {
    const thread = watched();
    const { joined, reader } = await thread.join();
    expect(joined.threadId).toBe(thread.worker.threadId);
    expect(joined.tid).toBeGreaterThan(0);
    const heap = (await thread.ask('heap')) as HeapInfo;
    const before = reader.sample();
    expect(before.heap_bytes).toBeGreaterThan(heap.used_heap_size / 2);
    expect(before.heap_bytes).toBeLessThan(heap.used_heap_size * 2);
    expect(before.heap).toBeGreaterThan(0);
    expect(before.heap).toBeLessThan(0.5);
    await thread.ask('leakBuffers', 64 * mebibyte);
    await sampleUntil(reader, ({ external_bytes }) => (external_bytes ?? 0) > 60 * mebibyte);
    const grown = (reader.sample().external_bytes ?? 0) - (before.external_bytes ?? 0);
    expect(grown / mebibyte).toBeCloseTo(64, -1);
  });

  test('tells handles and sockets', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    const before = reader.sample();
    await thread.ask('dial', 20);
    const after = await sampleUntil(reader, ({ sockets }) => sockets === 40);
    expect((after.handles ?? 0) - (before.handles ?? 0)).toBeGreaterThanOrEqual(40);
  });

  test('tells requests in flight, also when clients give up', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    const port = (await thread.ask('serve')) as number;
    const answers = [0, 1, 2].map(
      () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          get({ port, host: '127.0.0.1', agent: false }, resolve).on('error', reject);
        }),
    );
    const quitter: Socket = connect(port, '127.0.0.1');
    quitter.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const under = ({ async_resources, handles }: Readings): number => (async_resources ?? 0) - (handles ?? 0);
    expect(under(await sampleUntil(reader, (readings) => under(readings) === 4))).toBe(4);
    quitter.destroy();
    await sampleUntil(reader, (readings) => under(readings) === 3);
    await thread.ask('answer');
    for (const answer of await Promise.all(answers)) answer.resume();
    await sampleUntil(reader, (readings) => under(readings) === 0);
  });

  test('tells a thread that works from one that rests', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    await thread.ask('sleep', 1200);
    expect(
      (await sampleUntil(reader, (now) => now.event_loop_utilization !== undefined)).event_loop_delay_p50,
    ).toBeLessThan(30);
    await thread.ask('sleep', 2500);
    expect(reader.sample().event_loop_utilization).toBeLessThan(0.2);
    for (let count = 0; count < 40; count++) await thread.ask('spin', 60);
    const busy = reader.sample();
    // It may have to share its core.
    expect(busy.event_loop_utilization).toBeGreaterThan(0.3);
  });

  test('tells how long a stall was that is over', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    await thread.ask('sleep', 500);
    reader.sample();
    await thread.ask('sleep', 300);
    await thread.ask('spin', 900);
    await thread.ask('sleep', 300);
    const { event_loop_delay_max: max } = reader.sample();
    expect(max).toBeGreaterThan(900 - 125);
    expect(max).toBeLessThan(1300);
    await thread.ask('sleep', 500);
    expect(reader.sample().event_loop_delay_max).toBeLessThan(300);
  });

  test('beats ten times a second, and its reader sees when it does not, while it does not', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    const first = reader.pulse()?.beats ?? 0;
    const before = performance.now();
    await thread.ask('sleep', 2000);
    const beats = (reader.pulse()?.beats ?? 0) - first;
    const seconds = (performance.now() - before) / 1000;
    expect(beats / seconds).toBeGreaterThan(8);
    expect(beats / seconds).toBeLessThan(11);
    reader.sample();
    const spun = thread.ask('spin', 2500);
    await until(() => (reader.sample().event_loop_delay_max ?? 0) > 1000);
    const stuck = reader.pulse()?.beats;
    const readings = reader.sample();
    expect(reader.pulse()?.beats).toBe(stuck);
    expect(readings.event_loop_utilization).toBe(1);
    expect(readings.event_loop_delay_p50).toBeGreaterThan(1000);
    await spun;
    await until(() => (reader.pulse()?.beats ?? 0) > (stuck ?? 0));
  });

  test('tells the time that goes into collecting garbage', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    await thread.ask('sleep', 1100);
    expect(reader.sample().gc_pause).toBeLessThan(0.2);
    for (let count = 0; count < 20; count++) await thread.ask('churn', 50);
    const { gc_pause } = reader.sample();
    expect(gc_pause).toBeGreaterThan(0.005);
    expect(gc_pause).toBeLessThanOrEqual(1);
  });

  test('survives its own errors, and so does the program', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    await thread.ask('breakAgent');
    await thread.ask('dial', 3);
    await thread.ask('leakBuffers', 4 * mebibyte);
    const before = reader.pulse()?.beats ?? 0;
    await thread.ask('sleep', 1500);
    expect(reader.pulse()?.beats ?? 0).toBeGreaterThan(before + 8);
    expect(reader.pulse()?.lastWords).toBe('none');
  });

  test('does not keep its thread alive', async () => {
    const thread = watched();
    await thread.join();
    thread.tell('leave');
    expect(await thread.ended).toBe(0);
  });

  test('leaves nothing behind when it is taken out', async () => {
    const thread = watched();
    // What Node itself sets up once sockets are used is there before.
    await thread.ask('dial', 2);
    const before = await thread.ask('traces');
    const { joined } = await thread.join();
    expect(await thread.ask('traces')).not.toEqual(before);
    await thread.ask('dial', 2);
    await thread.ask('remove');
    const after = (await thread.ask('traces')) as Record<string, unknown>;
    expect({ ...after, active: null }).toEqual({ ...(before as object), active: null });
    const { count } = joined.delay;
    await thread.ask('sleep', 300);
    expect(joined.delay.count).toBe(count);
  });

  test('joins once, however often it is invited, and again after it was taken out', async () => {
    const thread = watched();
    const first = await thread.join();
    const second = await thread.join();
    expect(second.joined.token).not.toBe(first.joined.token);
    new Int32Array(first.joined.memory)[15] = 4711;
    expect(new Int32Array(second.joined.memory)[15]).toBe(4711);
    await thread.ask('remove');
    await thread.ask('remove');
    const third = await thread.join();
    await thread.ask('dial', 1);
    await sampleUntil(third.reader, ({ sockets }) => sockets === 2);
  });
});

/** The limit is near to what a fault would take, so a busy machine may miss it once; a fault misses it each time. */
const retried = { retry: 2 };

describe('the last words of a worker', () => {
  test('are the error that nobody caught, and wait to be let go', retried, async () => {
    const thread = watched();
    const { reader } = await thread.join();
    expect(reader.pulse()?.lastWords).toBe('none');
    thread.tell('explode', 'the end');
    await until(() => reader.pulse()?.lastWords === 'exception');
    expect(reader.pulse()).toMatchObject({ error: 'RangeError: the end' });
    const before = performance.now();
    reader.letGo();
    expect(await thread.ended).toBe(1);
    expect(performance.now() - before).toBeLessThan(400);
  });

  test('wait half a second at most', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    const tookMs = await dying(thread);
    reader.pulse();
    thread.tell('explode', 'the end');
    await thread.ended;
    expect(tookMs()).toBeGreaterThan(490);
    expect(tookMs()).toBeLessThan(1500);
  });

  test('wait for nobody when nobody looks', retried, async () => {
    const thread = watched();
    const { reader } = await thread.join();
    const tookMs = await dying(thread);
    thread.tell('explode', 'the end');
    await thread.ended;
    expect(tookMs()).toBeLessThan(490);
    expect(reader.pulse()).toMatchObject({ lastWords: 'exception', error: 'RangeError: the end' });
  });

  test('are not said over an error that the program catches last of all', async () => {
    const thread = watched();
    const { reader } = await thread.join();
    const tookMs = await dying(thread);
    reader.pulse();
    await thread.ask('explodeCaught', 'not the end');
    expect(reader.pulse()?.lastWords).toBe('none');
    thread.tell('exit', 3);
    expect(await thread.ended).toBe(3);
    expect(tookMs()).toBeGreaterThan(490);
    expect(reader.pulse()).toMatchObject({ lastWords: 'exception', error: 'RangeError: not the end' });
  });

  test('say that it leaves, without waiting', retried, async () => {
    const thread = watched();
    const { reader } = await thread.join();
    const tookMs = await dying(thread);
    reader.pulse();
    thread.tell('exit', 4);
    expect(await thread.ended).toBe(4);
    expect(tookMs()).toBeLessThan(490);
    expect(reader.pulse()).toMatchObject({ lastWords: 'exit', error: '' });
  });
});

/** How long the end of the thread took, by its own clock. */
async function dying(thread: Watched): Promise<() => number> {
  const marks = new Float64Array((await thread.ask('marks')) as SharedArrayBuffer);
  return () => (marks[1] ?? 0) - (marks[0] ?? 0);
}
