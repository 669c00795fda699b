import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CallSites } from '../../../../holmes/agent/call-site.ts';
import { HandleRegistry } from '../../../../holmes/agent/handle-registry.ts';
import { describeThing } from '../../../../holmes/agent/thing.ts';
import { collectUntil } from './collect-garbage.ts';

const sites = new CallSites();
let registry: HandleRegistry;
let server: Server;
let port: number;
const accepted: Socket[] = [];

beforeEach(async () => {
  registry = new HandleRegistry(sites, 5);
  registry.install();
  server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  registry.remove();
  for (const socket of accepted.splice(0)) socket.destroy();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

function leakyDial(): Socket {
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true });
}

async function dialled(): Promise<[Socket, Socket]> {
  const socket = leakyDial();
  socket.on('error', () => {});
  const [[other]] = await Promise.all([
    once(server, 'connection') as Promise<[Socket]>,
    once(socket, 'connect'),
  ]);
  return [socket, other];
}

function closed(thing: Socket | ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    thing.once('close', () => resolve());
  });
}

function ignoreError(): void {}

function dialAgain(this: Socket): void {
  leakyDial().on('error', ignoreError);
}

/** A connection whose data makes a younger one, so that it is on the younger one's stack. */
async function dialFromData(): Promise<WeakRef<Socket>> {
  const [older, other] = await dialled();
  older.once('data', dialAgain);
  other.write('x');
  await once(server, 'connection');
  return new WeakRef(older);
}

function known() {
  return [...registry.entries()].map(([thing, entry]) => ({
    ...describeThing(thing, entry.kind),
    stack: entry.framesBy(sites).map(({ functionName }) => functionName),
  }));
}

describe('the registry of handles', () => {
  test('knows both ends of a connection, and where the client was made', async () => {
    const [socket] = await dialled();
    expect(registry.sockets).toBe(2);
    const [client, other] = known();
    expect(client).toMatchObject({
      kind: 'tcp-client',
      state: 'open',
      peer: `127.0.0.1:${port}`,
      type: 'TCPSocketWrap',
    });
    expect(client?.stack).toContain('leakyDial');
    expect(other).toMatchObject({ kind: 'tcp-server', state: 'open', peer: `:${port}`, stack: [] });
    socket.destroy();
    await once(socket, 'close');
    expect(known().map(({ kind }) => kind)).toEqual(['tcp-server']);
  });

  test('tells the states of a connection and what waits in it', async () => {
    const socket = leakyDial();
    expect(known()[0]?.state).toBe('connecting');
    const [[other]] = await Promise.all([
      once(server, 'connection') as Promise<[Socket]>,
      once(socket, 'connect'),
    ]);
    other.pause();
    socket.write(Buffer.alloc(8 * 1024 * 1024));
    expect(known()[0]).toMatchObject({ state: 'open' });
    expect(known()[0]?.bufferedBytes).toBeGreaterThan(1024 * 1024);
    socket.end();
    expect(known()[0]?.state).toBe('half-closed');
    socket.destroy();
    expect(known()[0]?.state).toBe('closing');
    await once(socket, 'close');
  });

  test('makes Node warn of nothing by looking', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    const udp = createSocket('udp4');
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    await dialled();
    known();
    await closed(child);
    process.off('warning', listen);
    await new Promise<void>((resolve) => {
      udp.close(resolve);
    });
    expect(warnings).toEqual([]);
  });

  test('knows Unix sockets, UDP sockets, TLS sockets and child processes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'registry-'));
    const local = createServer().listen(join(folder, 's'));
    await once(local, 'listening');
    const pipe = connect(join(folder, 's'));
    await once(pipe, 'connect');
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(child, 'spawn');
    const tls = connectTls({ port, host: '127.0.0.1' });
    tls.on('error', () => {});
    const kinds = known().map(({ kind }) => kind);
    for (const kind of ['pipe-client', 'pipe-server', 'udp', 'child-process', 'tcp-client'])
      expect(kinds).toContain(kind);
    expect(known().find(({ kind }) => kind === 'udp')).toMatchObject({
      peer: `:${udp.address().port}`,
      type: 'UDPWrap',
    });
    pipe.destroy();
    udp.close();
    tls.destroy();
    child.stdin?.end();
    await Promise.all([once(pipe, 'close'), once(udp, 'close'), once(tls, 'close'), once(child, 'close')]);
    await new Promise((resolve) => {
      local.close(resolve);
    });
    await rm(folder, { recursive: true });
    expect(known().filter(({ kind }) => kind !== 'tcp-server' && kind !== 'pipe-server')).toEqual([]);
  });

  test('forgets a child process that could not be started', async () => {
    const child: ChildProcess = spawn('/nowhere/at/all');
    child.on('error', () => {});
    expect(known().map(({ kind }) => kind)).toContain('child-process');
    await closed(child);
    expect(known().map(({ kind }) => kind)).not.toContain('child-process');
  });

  test('counts beyond its bound without a stack, and still forgets', async () => {
    const sockets: Socket[] = [];
    for (let count = 0; count < 4; count++) sockets.push((await dialled())[0]);
    expect(registry.sockets).toBe(8);
    // The fourth client was the seventh handle; accepted sockets never have one.
    expect(known().filter(({ stack }) => stack.length > 0)).toHaveLength(3);
    const all = [...sockets, ...accepted];
    const gone = all.map(closed);
    for (const socket of all) socket.destroy();
    await Promise.all(gone);
    expect(registry.sockets).toBe(0);
    expect(known()).toEqual([]);
  });

  test('keeps no closed socket alive, also not by the stack of a younger one', async () => {
    const gone = await dialFromData();
    registry.settle(1000, Number.POSITIVE_INFINITY);
    (gone.deref() as Socket).destroy();
    await closed(gone.deref() as Socket);
    expect(known().some(({ stack }) => stack.includes('dialAgain'))).toBe(true);
    expect(await collectUntil(() => gone.deref() === undefined)).toBe(true);
  });

  test('leaves nothing on a socket when it goes', async () => {
    const [socket] = await dialled();
    const [untouched] = [new HandleRegistry(sites)];
    expect(socket.listenerCount('close')).toBe(1);
    registry.remove();
    expect(socket.listenerCount('close')).toBe(0);
    expect(registry.sockets).toBe(0);
    untouched.remove();
    const [later] = await dialled();
    expect(later.listenerCount('close')).toBe(0);
    expect(known()).toEqual([]);
    socket.destroy();
    later.destroy();
  });

  test('does not break a connection when its own work fails', async () => {
    const { captureStackTrace } = Error;
    Error.captureStackTrace = () => {
      throw new Error('not today');
    };
    try {
      const [socket] = await dialled();
      expect(socket.readyState).toBe('open');
      socket.destroy();
    } finally {
      Error.captureStackTrace = captureStackTrace;
    }
  });
});
