import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Profile, StringTable } from 'pprof-format';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CaptureRecord } from '../../../../holmes/capture/capture.ts';
import type { Timer } from '../../../../holmes/clock.ts';
import { PyroscopePush } from '../../../../holmes/push/pyroscope.ts';
import type { PyroscopeSettings } from '../../../../holmes/settings.ts';
import { ManualClock } from '../manual-clock.ts';
import { exampleRecord } from '../store/example-capture.ts';
import { LogLines } from '../store/harness.ts';

interface Received {
  readonly url: URL;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly parts: ReadonlyMap<string, Part>;
}

interface Part {
  readonly fileName: string;
  readonly bytes: Buffer;
}

/** RFC 7578, as strictly as a server may be: every part is a file with a name. */
function partsOf(contentType: string, body: Buffer): ReadonlyMap<string, Part> {
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(contentType)?.[1];
  const text = body.toString('latin1');
  const pieces = text.split(`--${boundary}`);
  expect(pieces[0]).toBe('');
  expect(pieces.at(-1)).toMatch(/^--(\r\n)?$/);
  const parts = pieces.slice(1, -1).map((piece): [string, Part] => {
    const [, head, content] = /^\r\n(.*?)\r\n\r\n(.*)\r\n$/s.exec(piece) ?? [];
    const [, name, fileName] = /form-data; name="([^"]+)"; filename="([^"]+)"/.exec(head ?? '') ?? [];
    return [name!, { fileName: fileName!, bytes: Buffer.from(content!, 'latin1') }];
  });
  return new Map(parts);
}

type Answer = (response: ServerResponse, number: number) => void;

/** Takes profiles as Pyroscope does. */
async function startCollector(answer: Answer): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const parts = partsOf(request.headers['content-type'] ?? '', Buffer.concat(pieces));
      const { method = '' } = request;
      const url = new URL(request.url ?? '', 'http://collector');
      received.push({ url, method, headers: request.headers, parts });
      answer(response, received.length);
    })();
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

/** Remembers for how long it was asked to wait, which tells the wait for an answer from the wait for the next try. */
class RecordingClock extends ManualClock {
  readonly delays: number[] = [];

  override after(delayMs: number, run: () => void): Timer {
    this.delays.push(delayMs);
    return super.after(delayMs, run);
  }
}

const soon = { timeout: 15_000, interval: 10 };

const ok: Answer = (response) => void response.end();

function startPush(change: Partial<PyroscopeSettings> & { readonly url: string }): {
  push: PyroscopePush;
  clock: RecordingClock;
  log: LogLines;
} {
  const settings = { application: 'shop', token: '', timeoutMs: 5000, ...change };
  const [clock, log] = [new RecordingClock(), new LogLines()];
  const push = new PyroscopePush({ settings, program: exampleRecord(0).program, clock, log });
  onTestFinished(async () => {
    const closed = push.close();
    clock.advance(1000);
    await closed;
  });
  return { push, clock, log };
}

function record(number: number, change: Partial<CaptureRecord> = {}): CaptureRecord {
  return { ...exampleRecord(number), files: [], ...change };
}

const strings = new StringTable();
strings.dedup('nanoseconds');
const pprof: Uint8Array = gzipSync(
  new Profile({ stringTable: strings, durationNanos: 15_000_000_000 }).encode(),
);

describe('a push to Pyroscope', () => {
  test('is a form with the profile and its sample types, named with labels', async () => {
    const { url, received } = await startCollector(ok);
    const { push } = startPush({ url: `${url}/pyroscope/`, application: 'shop, {cart}' });
    push.offer(record(1, { subject: 'data-1' }), pprof);
    await expect.poll(() => push.figures().sent, soon).toBe(1);
    const [request] = received;
    expect(request?.method).toBe('POST');
    expect(request?.url.pathname).toBe('/pyroscope/ingest');
    const { from, to } = exampleRecord(1);
    expect(Object.fromEntries(request!.url.searchParams)).toEqual({
      name: 'shop___cart_{subject=data-1,kind=cpu,rule=cpu,host=node-7,version=0.1.0}',
      from: String(from / 1000),
      until: String(to / 1000),
      spyName: 'nodespy',
    });
    const { parts } = request!;
    expect([...parts].map(([name, { fileName }]) => [name, fileName])).toEqual([
      ['profile', 'profile.pprof'],
      ['sample_type_config', 'sample_type_config.json'],
    ]);
    const { bytes } = parts.get('profile')!;
    expect(Buffer.compare(bytes, pprof)).toBe(0);
    const { durationNanos, stringTable } = Profile.decode(gunzipSync(bytes));
    expect(Number(durationNanos)).toBe(15_000_000_000);
    expect(stringTable.strings).toContain('nanoseconds');
    expect(JSON.parse(parts.get('sample_type_config')!.bytes.toString())).toMatchObject({
      cpu: { units: 'samples', 'display-name': 'cpu', aggregation: 'sum', sampled: true },
      inuse_space: { units: 'bytes', aggregation: 'average' },
      handles: { units: 'objects' },
    });
    expect(push.figures()).toEqual({ sent: 1, failed: 0, dropped: 0 });
  });

  test('of a moment ends after it began', async () => {
    const { url, received } = await startCollector(ok);
    const { push } = startPush({ url });
    push.offer(record(1, { from: 5000, to: 5000 }), pprof);
    push.offer(record(2, { from: 5900, to: 6100 }), pprof);
    await expect.poll(() => push.figures().sent, soon).toBe(2);
    const spans = received.map(({ url: { searchParams } }) => [
      searchParams.get('from'),
      searchParams.get('until'),
    ]);
    expect(spans).toEqual([
      ['5', '6'],
      ['5', '7'],
    ]);
  });

  test('carries the token, and never says it', async () => {
    const token = 'very-secret-token';
    const { url, received } = await startCollector((response) => {
      response.statusCode = 403;
      response.end(`${'x'.repeat(150)} no entry for ${token} and ${token} ${token.repeat(20)}`);
    });
    const { push, log } = startPush({ url, token });
    push.offer(record(1), pprof);
    await expect.poll(() => push.figures().failed, soon).toBe(1);
    expect(received[0]?.headers.authorization).toBe(`Bearer ${token}`);
    expect(log.lines.length).toBe(1);
    expect(log.lines[0]).toContain(`was not pushed to ${url}/ingest: it answers 403 xxx`);
    expect(log.lines[0]).not.toContain('very');
  });

  test('sends user and password of the address as Basic, and does not log them', async () => {
    const { url, received } = await startCollector((response) => {
      response.statusCode = 400;
      response.end('bad');
    });
    const { push, log } = startPush({ url: url.replace('//', '//12345:pass%40word@') });
    push.offer(record(1), pprof);
    await expect.poll(() => push.figures().failed, soon).toBe(1);
    expect(received[0]?.headers.authorization).toBe(`Basic ${btoa('12345:pass@word')}`);
    expect(log.lines.join('\n')).not.toMatch(/12345|pass/);
  });

  test.each([429, 500, 503])('is tried again after %d, later each time', async (status) => {
    const { url, received } = await startCollector((response, number) => {
      response.statusCode = number < 4 ? status : 200;
      response.end();
    });
    const { push, clock } = startPush({ url });
    push.offer(record(1), pprof);
    for (const [index, waitMs] of [1000, 2000, 4000].entries()) {
      await expect.poll(() => received.length, soon).toBe(index + 1);
      await expect.poll(() => clock.delays.at(-1), soon).toBe(waitMs);
      clock.advance(waitMs - 1);
      expect(received.length).toBe(index + 1);
      clock.advance(1);
    }
    await expect.poll(() => push.figures(), soon).toEqual({ sent: 1, failed: 0, dropped: 0 });
    expect(received.length).toBe(4);
  });

  test('is given up after three more tries, and the next one goes its way', async () => {
    const { url, received } = await startCollector((response, number) => {
      response.statusCode = number <= 4 ? 502 : 200;
      response.end();
    });
    const { push, clock, log } = startPush({ url, timeoutMs: 100_000_000 });
    push.offer(record(1), pprof);
    push.offer(record(2), pprof);
    await expect
      .poll(() => {
        clock.advance(1000);
        return push.figures();
      }, soon)
      .toEqual({ sent: 1, failed: 1, dropped: 0 });
    expect(received.length).toBe(5);
    expect(log.lines).toEqual([expect.stringContaining('it answers 502')]);
  });

  test('waits as long as the server asks, at most half a minute', async () => {
    const { url, received } = await startCollector((response, number) => {
      response.statusCode = number === 1 ? 429 : 200;
      response.setHeader('retry-after', '86400');
      response.end();
    });
    const { push, clock } = startPush({ url });
    push.offer(record(1), pprof);
    await expect.poll(() => received.length, soon).toBe(1);
    await expect.poll(() => clock.delays.at(-1), soon).toBe(30_000);
    clock.advance(29_999);
    expect(received.length).toBe(1);
    clock.advance(1);
    await expect.poll(() => push.figures().sent, soon).toBe(1);
  });

  test.each([400, 401, 404, 413, 301])('is not tried again after %d', async (status) => {
    const { url, received } = await startCollector((response) => {
      response.statusCode = status;
      response.setHeader('location', '/elsewhere');
      response.end('because\nof this');
    });
    const { push, log } = startPush({ url });
    push.offer(record(1), pprof);
    await expect.poll(() => push.figures().failed, soon).toBe(1);
    expect(received.length).toBe(1);
    expect(log.lines[0]).toContain(`it answers ${status} because of this`);
  });

  test('ends when nobody listens, after its tries', async () => {
    const { url } = await startCollector(ok);
    const port = Number(new URL(url).port);
    const { push, clock, log } = startPush({ url: `http://127.0.0.2:${port}` });
    push.offer(record(1), pprof);
    await expect
      .poll(() => {
        clock.advance(500);
        return push.figures().failed;
      }, soon)
      .toBe(1);
    expect(log.lines[0]).toContain('ECONNREFUSED');
  });

  test('does not wait for an answer that never comes', async () => {
    const { url, received } = await startCollector(() => {});
    const { push, clock, log } = startPush({ url, timeoutMs: 2000 });
    push.offer(record(1), pprof);
    for (const tries of [1, 2, 3, 4]) {
      await expect.poll(() => received.length, soon).toBe(tries);
      clock.advance(2000);
      await expect.poll(() => clock.timers === (tries === 4 ? 0 : 1), soon).toBe(true);
      clock.advance(4000);
    }
    await expect.poll(() => push.figures().failed, soon).toBe(1);
    expect(log.lines[0]).toContain('no answer within 2000 ms');
  });

  test('drops what does not fit into the queue', async () => {
    const { url, received } = await startCollector(() => {});
    const { push } = startPush({ url });
    for (let number = 0; number < 100; number++) push.offer(record(number), pprof);
    await expect.poll(() => received.length, soon).toBe(1);
    // One on its way, 32 wait.
    expect(push.figures()).toEqual({ sent: 0, failed: 0, dropped: 67 });
  });

  test('keeps no more than sixteen mebibytes waiting', async () => {
    const { url } = await startCollector(() => {});
    const { push } = startPush({ url });
    const large = new Uint8Array(6 * 1024 * 1024);
    for (let number = 0; number < 5; number++) push.offer(record(number), large);
    expect(push.figures().dropped).toBe(2);
  });

  test('has one at a time', async () => {
    let [now, most] = [0, 0];
    const { url } = await startCollector((response) => {
      most = Math.max(most, ++now);
      setImmediate(() => {
        now--;
        response.end();
      });
    });
    const { push } = startPush({ url });
    for (let number = 0; number < 10; number++) push.offer(record(number), pprof);
    await expect.poll(() => push.figures().sent, soon).toBe(10);
    expect(most).toBe(1);
  });

  test('ends with the program: what is on its way may arrive, what waits is dropped', async () => {
    const gate = Promise.withResolvers<void>();
    const { url, received } = await startCollector(
      (response) => void gate.promise.then(() => response.end()),
    );
    const { push, clock } = startPush({ url });
    for (let number = 0; number < 3; number++) push.offer(record(number), pprof);
    await expect.poll(() => received.length, soon).toBe(1);
    const closed = push.close();
    gate.resolve();
    await closed;
    push.offer(record(4), pprof);
    expect(push.figures()).toEqual({ sent: 1, failed: 0, dropped: 3 });
    expect(clock.timers).toBe(0);
  });

  test('does not hold up the end for more than a second, and not at all between two tries', async () => {
    const hanging = startPush({ url: (await startCollector(() => {})).url });
    hanging.push.offer(record(1), pprof);
    const hung = hanging.push.close();
    hanging.clock.advance(1000);
    await hung;
    expect(hanging.clock.timers).toBe(0);

    const { url } = await startCollector((response) => {
      response.statusCode = 503;
      response.end();
    });
    const pausing = startPush({ url });
    pausing.push.offer(record(1), pprof);
    await expect.poll(() => pausing.clock.delays.at(-1), soon).toBe(1000);
    await pausing.push.close();
    expect(pausing.clock.timers).toBe(0);
    for (const { push } of [hanging, pausing])
      expect(push.figures()).toEqual({ sent: 0, failed: 1, dropped: 0 });
  });

  test.each(['', 'pyroscope:4040', 'file:///etc/passwd', 'ftp://x'])('says that %j is no address', (url) => {
    const { push, log } = startPush({ url });
    push.offer(record(1), pprof);
    expect(push.figures()).toEqual({ sent: 0, failed: 0, dropped: 1 });
    expect(log.lines).toEqual([expect.stringContaining('no http or https URL')]);
  });
});
