import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import {
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status as GrpcStatus,
} from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { type Clock, ManualClock, seededRandom, systemClock } from '../../../../src/base/index.ts';
import { maxRequestBytes } from '../../../../src/control/health/grpc/codec.ts';
import { GrpcHealthServer } from '../../../../src/control/health/grpc/server.ts';
import { maxWatchers } from '../../../../src/control/health/grpc/watchers.ts';
import { ProxyHealth } from '../../../../src/control/health/proxy-health.ts';
import { Recorder } from '../recorder.ts';
import { testLog } from '../test-log.ts';
import { FakeFacts, readinessFacts, threadReport } from './fake-facts.ts';

interface Stage {
  readonly health: ProxyHealth;
  readonly facts: FakeFacts;
  readonly clock: ManualClock;
  readonly server: GrpcHealthServer;
  readonly port: number;
  readonly client: Client;
}

interface StageOptions {
  readonly token?: string;
  /** Of the server; that of the health room is moved by hand in any case. */
  readonly clock?: Clock;
}

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start({ token = '', clock: serverClock }: StageOptions = {}): Promise<Stage> {
  const facts = new FakeFacts();
  const clock = new ManualClock();
  const { log } = testLog();
  const health = new ProxyHealth({ facts, clock, random: seededRandom(1), log, onOpen: () => {} });
  cleanups.push(() => health.close());
  health.start();
  const server = new GrpcHealthServer({
    address: { host: '127.0.0.1', port: 0 },
    token,
    health,
    clock: serverClock ?? clock,
    log,
  });
  const { port } = await server.listen();
  cleanups.push(() => server.close());
  return { health, facts, clock, server, port, client: clientOf(port) };
}

function clientOf(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  cleanups.push(() => client.close());
  return client;
}

/** The bytes are written out here, so that the server's codec is not compared with itself. */
const raw = (bytes: Buffer): Buffer => bytes;
const asking = (service: string): Buffer =>
  Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
const serving = '0801';
const notServing = '0802';
const serviceUnknown = '0803';

function call(client: Client, method: string, request: Buffer, authorization?: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  client.makeUnaryRequest(
    `/grpc.health.v1.Health/${method}`,
    raw,
    raw,
    request,
    metadataOf(authorization),
    (error: ServiceError | null, reply?: Buffer) =>
      error === null ? resolve(reply!.toString('hex')) : reject(error),
  );
  return promise;
}

function metadataOf(authorization: string | undefined): Metadata {
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set('authorization', authorization);
  return metadata;
}

interface Watch {
  readonly stream: ClientReadableStream<Buffer>;
  readonly states: Recorder<string>;
  /** Its status code. */
  readonly ended: Promise<number>;
}

function watch(client: Client, service: string, authorization?: string): Watch {
  const stream = client.makeServerStreamRequest(
    '/grpc.health.v1.Health/Watch',
    raw,
    raw,
    asking(service),
    metadataOf(authorization),
  );
  const states = new Recorder<string>();
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  stream.on('data', (bytes: Buffer) => states.push(bytes.toString('hex')));
  // Told by `status` too, which comes in any case.
  stream.on('error', () => {});
  stream.on('status', ({ code }: { code: number }) => resolve(code));
  cleanups.push(() => stream.cancel());
  return { stream, states, ended };
}

const broken = (facts: FakeFacts): void => {
  facts.readiness = () => readinessFacts({ threads: [threadReport(1, { state: 'stalled' })] });
};
const whole = (facts: FakeFacts): void => {
  facts.readiness = () => readinessFacts();
};
const closing = (clock: ManualClock) =>
  ({ to: 'closed', reason: 'work', by: 'test', until: clock.wall() + 60_000 }) as const;

describe('Check', () => {
  test('says of each service whether it serves', async () => {
    const { client, health, facts, clock } = await start();
    const answers = (): Promise<string[]> =>
      Promise.all(['', 'static', 'traffic'].map((service) => call(client, 'Check', asking(service))));
    expect(await answers()).toEqual([serving, serving, serving]);
    health.override(closing(clock));
    expect(await answers()).toEqual([notServing, serving, notServing]);
    health.override(null);
    expect(await answers()).toEqual([serving, serving, serving]);
    broken(facts);
    health.look();
    const [ready, components] = await answers();
    expect([ready, components]).toEqual([notServing, notServing]);
  });

  test('takes a request without a field for all of it', async () => {
    const { client } = await start();
    expect(await call(client, 'Check', Buffer.alloc(0))).toBe(serving);
  });

  test('does not find a service that does not exist', async () => {
    const { client } = await start();
    await expect(call(client, 'Check', asking('Traffic'))).rejects.toMatchObject({
      code: GrpcStatus.NOT_FOUND,
      details: expect.stringContaining('List names them'),
    });
  });

  test('refuses bytes that are no request, and goes on', async () => {
    const { client } = await start();
    for (const bytes of ['0a', '0affffffff0f61', '0a02c328', '0b0c', '0200']) {
      await expect(call(client, 'Check', Buffer.from(bytes, 'hex'))).rejects.toMatchObject({
        code: GrpcStatus.INTERNAL,
      });
    }
    await expect(call(client, 'Check', Buffer.alloc(maxRequestBytes + 1))).rejects.toMatchObject({
      code: GrpcStatus.RESOURCE_EXHAUSTED,
    });
    expect(await call(client, 'Check', asking('static'))).toBe(serving);
  });

  test('outlives a connection that does not speak HTTP/2', async () => {
    const { client, port } = await start();
    const socket: Socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    expect(await call(client, 'Check', asking(''))).toBe(serving);
  });
});

describe('List', () => {
  test('has every service with its state', async () => {
    const { client, health, clock } = await start();
    health.override(closing(clock));
    const entry = (service: string, state: string): string => {
      const key = `0a${service.length.toString(16).padStart(2, '0')}${Buffer.from(service).toString('hex')}`;
      const content = `${key}1202${state}`;
      return `0a${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
    };
    expect(await call(client, 'List', Buffer.alloc(0))).toBe(
      entry('', notServing) + entry('static', serving) + entry('traffic', notServing),
    );
  });
});

describe('Watch', () => {
  test('tells the state at once, and each change of it', async () => {
    const { client, health, facts } = await start();
    const { states, stream } = watch(client, 'static');
    await states.until((state) => state === serving);
    broken(facts);
    health.look();
    await states.until((state) => state === notServing);
    whole(facts);
    health.look();
    health.look();
    await once(stream, 'data');
    expect(states.all).toEqual([serving, notServing, serving]);
  });

  test('tells at once what is no transition of a component', async () => {
    const { client, health, clock } = await start();
    const { states } = watch(client, 'traffic');
    await states.until((state) => state === serving);
    health.override(closing(clock));
    await states.until((state) => state === notServing);
    // The override ends by itself.
    clock.advance(61_000);
    await states.until((state) => states.all.length === 3 && state === serving);
    expect(states.all).toEqual([serving, notServing, serving]);
  });

  test('keeps a service that does not exist open, as unknown', async () => {
    const { client, clock } = await start();
    const { states, ended } = watch(client, 'none');
    await states.until((state) => state === serviceUnknown);
    clock.advance(10_000);
    // A call behind it: had the stream ended, it would be known by now.
    await call(client, 'Check', asking(''));
    expect(await Promise.race([ended, Promise.resolve('open')])).toBe('open');
    expect(states.all).toEqual([serviceUnknown]);
  });

  test('has a bound, and room again when one goes', async () => {
    const { client, port } = await start();
    const all = Array.from({ length: maxWatchers }, () => watch(client, ''));
    await Promise.all(all.map(({ states }) => states.until((state) => state === serving)));
    const other = clientOf(port);
    const tooMany = watch(other, '');
    expect(await tooMany.ended).toBe(GrpcStatus.RESOURCE_EXHAUSTED);
    expect(tooMany.states.all).toEqual([]);
    all[0]!.stream.cancel();
    await all[0]!.ended;
    // The server hears of it on another connection than it is asked on.
    for (let attempt = 0; ; attempt++) {
      const { states, ended } = watch(other, '');
      const outcome = await Promise.race([states.until(() => true), ended]);
      if (outcome === serving) break;
      expect([outcome, attempt < 50]).toEqual([GrpcStatus.RESOURCE_EXHAUSTED, true]);
    }
  });

  test('costs no timer', async () => {
    const { client, clock } = await start();
    const before = clock.pendingTimers;
    const { states } = watch(client, '');
    await states.until((state) => state === serving);
    expect(clock.pendingTimers).toBe(before);
  });
});

describe('a token', () => {
  test('is needed for every call where there is one', async () => {
    const { client } = await start({ token: 'sesame' });
    for (const wrong of [
      undefined,
      'Bearer',
      'Bearer simsim',
      'sesame',
      'Basic c2VzYW1l',
      'Bearer sesame x',
    ]) {
      for (const method of ['Check', 'List']) {
        await expect(call(client, method, Buffer.alloc(0), wrong)).rejects.toMatchObject({
          code: GrpcStatus.UNAUTHENTICATED,
          details: expect.not.stringContaining('sesame'),
        });
      }
      const { states, ended } = watch(client, '', wrong);
      expect([await ended, states.all]).toEqual([GrpcStatus.UNAUTHENTICATED, []]);
    }
    // Nor is it told which services there are.
    await expect(call(client, 'Check', asking('none'))).rejects.toMatchObject({
      code: GrpcStatus.UNAUTHENTICATED,
    });
    expect(await call(client, 'Check', asking(''), 'Bearer sesame')).toBe(serving);
    const { states } = watch(client, '', 'bearer sesame');
    expect(await states.until(() => true)).toBe(serving);
  });
});

describe('the server', () => {
  test('ends what watches when it closes, and is not reached afterwards', async () => {
    const { client, server } = await start();
    const { states, ended } = watch(client, '');
    await states.until((state) => state === serving);
    await server.close();
    expect(await ended).toBe(GrpcStatus.UNAVAILABLE);
    await expect(call(client, 'Check', asking(''))).rejects.toMatchObject({ code: GrpcStatus.UNAVAILABLE });
  });

  test('closes within a second or so whatever a peer does', async () => {
    const { port, server } = await start({ clock: systemClock });
    // It has sent half a preface and neither goes on nor goes away.
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    cleanups.push(() => void socket.destroy());
    await once(socket, 'connect');
    socket.write('PRI * HTTP/2.0\r\n');
    // What the server sends shows that it has taken the connection.
    await once(socket, 'readable');
    const begin = performance.now();
    await server.close();
    expect(performance.now() - begin).toBeLessThan(2500);
  });

  test('closes twice, and without ever having listened', async () => {
    const { server, health, clock } = await start();
    await Promise.all([server.close(), server.close()]);
    const address = { host: '127.0.0.1', port: 0 };
    const { log } = testLog();
    const other = new GrpcHealthServer({ address, token: '', health, clock, log });
    await expect(other.close()).resolves.toBeUndefined();
  });

  test('names the port that is taken', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    cleanups.push(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const { health, clock } = await start();
    const { log } = testLog();
    const server = new GrpcHealthServer({
      address: { host: '127.0.0.1', port },
      token: '',
      health,
      clock,
      log,
    });
    await expect(server.listen()).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      problems: [expect.objectContaining({ path: 'admin.grpc_address', got: `127.0.0.1:${port}` })],
    });
    await server.close();
  });
});
