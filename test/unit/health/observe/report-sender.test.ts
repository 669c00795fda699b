import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Timer } from '../../../../health/clock.ts';
import type { HealthLog } from '../../../../health/log.ts';
import { parseReport } from '../../../../health/observe/parse-report.ts';
import { ReportSender, type ReportSenderOptions } from '../../../../health/observe/report-sender.ts';
import { ManualClock } from '../../holmes/manual-clock.ts';
import { exampleReport } from './example-report.ts';

/** Remembers for how long it was asked to wait. */
class RecordingClock extends ManualClock {
  readonly delays: number[] = [];

  override after(delayMs: number, run: () => void): Timer {
    this.delays.push(delayMs);
    return super.after(delayMs, run);
  }

  /** Those between two tries. */
  get pauses(): number[] {
    return this.delays.filter((delayMs) => delayMs !== answerMs);
  }
}

const answerMs = 5000;
const farewellMs = 2000;
const token = 'a-secret-that-nobody-sees';
const soon = { timeout: 3000, interval: 5 };

interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly epoch: number;
}

type Answer = (response: ServerResponse, number: number) => void;
const ok: Answer = (response) => response.end();
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end(`go away, ${token}`);
const hang: Answer = () => {};
const reset: Answer = (response) => response.socket?.resetAndDestroy();

/** `answers`: one per request in order, the last one for all that follow. */
async function start(
  answers: readonly Answer[],
  options: Partial<ReportSenderOptions> = {},
): Promise<{
  sender: ReportSender;
  clock: RecordingClock;
  received: Received[];
  lines: string[];
  waitFor: Waiting;
}> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const { method, url: path, headers } = request;
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      received.push({ method, path, headers, epoch: parseReport(text).epoch });
      answers[Math.min(received.length, answers.length) - 1]!(response, received.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clock = new RecordingClock();
  const lines: string[] = [];
  const write =
    (level: string): HealthLog['info'] =>
    (message, fields) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const sender = new ReportSender({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`,
    token,
    clock,
    random: () => 1,
    log: { info: write('info'), warn: write('warn') },
    ...options,
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    const closed = sender.close();
    clock.advance(farewellMs);
    await closed;
    expect(clock.timers).toBe(0);
    expect(lines.join('\n')).not.toContain(token);
  });
  const waitFor: Waiting = (check) => vi.waitFor(check, soon);
  return { sender, clock, received, lines, waitFor };
}

type Waiting = (check: () => void) => Promise<void>;

function epoch(number: number): ReturnType<typeof exampleReport> {
  return exampleReport({ epoch: number });
}

describe('report sender', () => {
  test('sends what it is offered, in order, as JSON with the token', async () => {
    const { sender, received, lines, waitFor } = await start([ok]);
    for (const number of [1, 2, 3]) sender.offer(epoch(number));
    expect(sender.figures()).toEqual({ sent: 0, failed: 0, dropped: 0, queued: 3 });
    await waitFor(() => expect(sender.figures()).toEqual({ sent: 3, failed: 0, dropped: 0, queued: 0 }));
    expect(received.map((one) => one.epoch)).toEqual([1, 2, 3]);
    expect(received[0]).toMatchObject({
      method: 'POST',
      path: '/base/v1/epochs',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        date: 'Fri, 20 Nov 2026 09:00:00 GMT',
      },
    });
    expect(lines).toEqual([]);
  });

  test('sends what an application saw where that is taken', async () => {
    const { sender, received, waitFor } = await start([ok], { path: '/v1/observations' });
    sender.offer(epoch(1));
    await waitFor(() => expect(sender.figures().sent).toBe(1));
    expect(received[0]?.path).toBe('/base/v1/observations');
  });

  test('sends no authorization without a token', async () => {
    const { sender, received, waitFor } = await start([ok], { token: '' });
    sender.offer(epoch(1));
    await waitFor(() => expect(received.length).toBe(1));
    expect(received[0]?.headers).not.toHaveProperty('authorization');
  });

  test.each([
    ['answers 500', status(500), 'it answers 500'],
    ['answers 503', status(503), 'it answers 503'],
    ['answers 408', status(408), 'it answers 408'],
    ['answers 429', status(429), 'it answers 429'],
    ['resets the connection', reset, 'ECONNRESET'],
  ])('sends the same epoch again when the receiver %s', async (_what, answer, reason) => {
    const { sender, clock, received, lines, waitFor } = await start([answer, answer, ok]);
    sender.offer(epoch(1));
    await waitFor(() => expect(clock.pauses).toEqual([1000]));
    sender.offer(epoch(2));
    clock.advance(999);
    clock.advance(1);
    await waitFor(() => expect(clock.pauses).toEqual([1000, 2000]));
    expect(received.length).toBe(2);
    clock.advance(2000);
    await waitFor(() => expect(sender.figures()).toEqual({ sent: 2, failed: 0, dropped: 0, queued: 0 }));
    expect(received.map((one) => one.epoch)).toEqual([1, 1, 1, 2]);
    // One line for the trouble and one for its end.
    expect(lines.length).toBe(2);
    expect(lines[0]).toContain(`warn an epoch was not sent to ${sender.url}: `);
    expect(lines[0]).toContain(reason);
    expect(lines[1]).toContain(`info epochs are sent to ${sender.url} again`);
  });

  test('sends again what hangs without an answer for five seconds', async () => {
    const { sender, clock, received, lines, waitFor } = await start([hang, ok]);
    sender.offer(epoch(1));
    await waitFor(() => expect(received.length).toBe(1));
    clock.advance(answerMs);
    await waitFor(() => expect(clock.pauses).toEqual([1000]));
    clock.advance(1000);
    await waitFor(() => expect(sender.figures().sent).toBe(1));
    expect(received.length).toBe(2);
    expect(lines[0]).toContain('there is no answer in time');
  });

  test('an answer whose body never ends, or has no end, counts by its status', async () => {
    const endless: Answer = (response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(100_000));
    };
    const silent: Answer = (response) => response.writeHead(200).flushHeaders();
    const { sender, clock, received, waitFor } = await start([endless, silent, ok]);
    for (const number of [1, 2, 3]) sender.offer(epoch(number));
    await waitFor(() => expect(received.length).toBe(2));
    await waitFor(() => expect(clock.timers).toBe(1));
    // The headers have to arrive before the time is over.
    await waitFor(() => {
      clock.advance(500);
      expect(sender.figures().sent).toBe(3);
    });
    expect(received.map((one) => one.epoch)).toEqual([1, 2, 3]);
  });

  test('waits up to a minute, half of it by chance, and begins anew after a success', async () => {
    let chance = 0;
    const answers = [...Array.from({ length: 9 }, () => status(500)), ok, status(500), ok];
    const { sender, clock, received, waitFor } = await start(answers, { random: () => chance });
    for (const number of [1, 2]) sender.offer(epoch(number));
    for (const [index, expected] of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 60_000].entries()) {
      await waitFor(() => expect(clock.pauses.length).toBe(index + 1));
      expect(clock.pauses.at(-1)).toBe(expected);
      chance = index + 1 === 8 ? 1 : 0;
      clock.advance(expected);
    }
    await waitFor(() => expect(clock.pauses.length).toBe(10));
    expect(sender.figures()).toMatchObject({ sent: 1, queued: 1 });
    expect(clock.pauses.at(-1)).toBe(500);
    clock.advance(500);
    await waitFor(() => expect(sender.figures().sent).toBe(2));
    expect(received.length).toBe(12);
  });

  test.each([
    ['7', 7000],
    ['100000', 60_000],
    ['soon', 1000],
    ['-5', 1000],
  ])('waits as long as it is told by Retry-After %s, within bounds', async (header, expected) => {
    const { sender, clock, waitFor } = await start([status(503, { 'retry-after': header }), ok]);
    sender.offer(epoch(1));
    await waitFor(() => expect(clock.pauses).toEqual([expected]));
    clock.advance(expected);
    await waitFor(() => expect(sender.figures().sent).toBe(1));
  });

  test.each([400, 401, 403, 404, 413, 422, 302])(
    'gives up an epoch that is answered with %i',
    async (code) => {
      const { sender, clock, received, lines, waitFor } = await start([
        status(code, { location: '/elsewhere' }),
        status(code),
        ok,
      ]);
      for (const number of [1, 2, 3]) sender.offer(epoch(number));
      await waitFor(() => expect(sender.figures()).toEqual({ sent: 1, failed: 2, dropped: 0, queued: 0 }));
      expect(received.map((one) => one.epoch)).toEqual([1, 2, 3]);
      expect(clock.pauses).toEqual([]);
      expect(lines.length).toBe(2);
      expect(lines[0]).toContain(`it answers ${code}`);
    },
  );

  test('keeps an hour and drops the oldest, but not the one on its way', async () => {
    const { sender, clock, received, waitFor } = await start([hang, ok]);
    for (let number = 1; number <= 400; number++) sender.offer(epoch(number));
    expect(sender.figures()).toEqual({ sent: 0, failed: 0, dropped: 40, queued: 360 });
    await waitFor(() => expect(received.length).toBe(1));
    clock.advance(answerMs);
    await waitFor(() => expect(clock.pauses.length).toBe(1));
    clock.advance(1000);
    await waitFor(() => expect(sender.figures()).toEqual({ sent: 360, failed: 0, dropped: 40, queued: 0 }));
    expect(received.slice(0, 4).map((one) => one.epoch)).toEqual([1, 1, 42, 43]);
    expect(received.at(-1)?.epoch).toBe(400);
  });

  test('while it waits for the next try, the first is as old as any', async () => {
    const { sender, clock, received, waitFor } = await start([status(500), ok]);
    sender.offer(epoch(1));
    await waitFor(() => expect(clock.pauses.length).toBe(1));
    for (let number = 2; number <= 361; number++) sender.offer(epoch(number));
    expect(sender.figures()).toEqual({ sent: 0, failed: 0, dropped: 1, queued: 360 });
    clock.advance(1000);
    await waitFor(() => expect(received[1]?.epoch).toBe(2));
  });

  test('keeps no more than 16 MiB, and nothing that no receiver would take', async () => {
    const { sender, lines } = await start([hang]);
    const [edge] = exampleReport().edges;
    const large = (bytes: number) =>
      exampleReport({ edges: [{ ...edge!, peer: { ...edge!.peer, node: 'x'.repeat(bytes) } }] });
    sender.offer(large(4 * 1024 * 1024));
    expect(sender.figures()).toEqual({ sent: 0, failed: 0, dropped: 1, queued: 0 });
    expect(lines[0]).toContain('which is too many');
    for (let index = 0; index < 6; index++) sender.offer(large(3 * 1024 * 1024));
    expect(sender.figures()).toEqual({ sent: 0, failed: 0, dropped: 2, queued: 5 });
  });

  test('at its end it sends what waits, and takes nothing more', async () => {
    const { sender, clock, received, waitFor } = await start([status(500), ok]);
    sender.offer(epoch(1));
    await waitFor(() => expect(clock.pauses.length).toBe(1));
    sender.offer(epoch(2));
    await sender.close();
    sender.offer(epoch(3));
    expect(sender.figures()).toEqual({ sent: 2, failed: 0, dropped: 1, queued: 0 });
    expect(received.map((one) => one.epoch)).toEqual([1, 1, 2]);
    expect(clock.timers).toBe(0);
    await sender.close();
  });

  test('at its end it waits two seconds for a receiver that hangs', async () => {
    const { sender, clock, received, waitFor } = await start([hang]);
    for (const number of [1, 2, 3]) sender.offer(epoch(number));
    await waitFor(() => expect(received.length).toBe(1));
    const closed = sender.close();
    clock.advance(farewellMs);
    await closed;
    expect(sender.figures()).toEqual({ sent: 0, failed: 0, dropped: 3, queued: 0 });
    expect(received.length).toBe(1);
    expect(clock.timers).toBe(0);
  });

  test('at its end it begins nothing after two seconds', async () => {
    let heads = 0;
    const counted: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      heads++;
      return response;
    };
    const bodiless: Answer = (response) => response.writeHead(200).flushHeaders();
    const { sender, clock, received, waitFor } = await start([bodiless], { fetch: counted });
    for (const number of [1, 2, 3]) sender.offer(epoch(number));
    await waitFor(() => expect(heads).toBe(1));
    const closed = sender.close();
    clock.advance(farewellMs);
    await closed;
    expect(sender.figures()).toEqual({ sent: 1, failed: 0, dropped: 2, queued: 0 });
    expect(received.length).toBe(1);
  });

  test('at its end it does not try a receiver that is in trouble again and again', async () => {
    const { sender, clock, received, waitFor } = await start([status(500)]);
    for (const number of [1, 2, 3]) sender.offer(epoch(number));
    await waitFor(() => expect(clock.pauses.length).toBe(1));
    await sender.close();
    expect(sender.figures()).toEqual({ sent: 0, failed: 0, dropped: 3, queued: 0 });
    expect(received.length).toBe(2);
  });

  test('survives a fetch that throws at once', async () => {
    const { sender, clock, lines, waitFor } = await start([ok], {
      fetch: () => {
        throw new Error(`no, ${token}`);
      },
    });
    sender.offer(epoch(1));
    await waitFor(() => expect(clock.pauses).toEqual([1000]));
    expect(lines.length).toBe(1);
  });

  test.each([
    ['no address', '', ''],
    ['another protocol', 'ftp://a', ''],
    ['a user', 'http://user:pass@a', ''],
    ['a password', `http://:${token}@a`, ''],
    ['a token of two lines', 'http://a', `${token}\n`],
    ['a token of another script', 'http://a', `${token}é`],
    ['a token without an end', 'http://a', 'x'.repeat(8193)],
  ])('refuses %s without repeating it', (_what, url, secret) => {
    const options = { clock: new ManualClock(), random: () => 0, log: { info() {}, warn() {} } };
    const make = (): ReportSender => new ReportSender({ ...options, url, token: secret });
    expect(make).toThrow(TypeError);
    expect(make).not.toThrow(token);
    expect(make).not.toThrow('pass@');
  });
});
