import { once } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import { CloseReason, dial } from '../../../src/net/index.ts';
import { drained, Loopback, meterSlots, plainServer, Recorder, Recorders, take } from './loopback.ts';

const mebibyte = 1024 * 1024;
let open: { close: () => void }[] = [];

afterEach(() => {
  for (const one of open) one.close();
  open = [];
});

interface Scene {
  readonly loopback: Loopback;
  readonly recorder: Recorder;
  readonly client: Socket;
}

async function sceneOf(options: { sendTimeoutMs?: number } = {}): Promise<Scene> {
  const recorders = new Recorders();
  const loopback = await Loopback.open({ accept: recorders.accept, ...options });
  open.push(loopback);
  const next = recorders.next();
  const client = await loopback.client();
  return { loopback, recorder: await next, client };
}

/** Bytes that repeat nowhere near by, so that a piece in the wrong place shows. */
function noise(length: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i + 4 <= length; i += 4) bytes.writeUInt32LE(Math.floor(random.next() * 2 ** 32), i);
  return bytes;
}

/** Writes `bytes` as a handler would that heeds `blocked`; answers how many went out before it was. */
function writeUntilBlocked({ recorder, loopback }: Scene, bytes: Buffer, pieceBytes = 64 * 1024): number {
  let at = 0;
  while (at < bytes.length && !recorder.connection.blocked) {
    const end = Math.min(bytes.length, at + pieceBytes);
    recorder.connection.write(bytes, at, end);
    loopback.context.turn.end();
    at = end;
  }
  return at;
}

describe('Connection', () => {
  test('hands over what arrives in the memory of the thread, and counts it', async () => {
    const { recorder, client, loopback } = await sceneOf();
    let sameBuffer = true;
    recorder.connection.handler = {
      onConnect() {},
      onData: (bytes, from, to) => {
        sameBuffer &&= bytes === loopback.context.memory.bytes;
        recorder.onData(bytes, from, to);
      },
      onEnd() {},
      onDrain() {},
      onClose() {},
    };
    const sent = noise(300_000, 1);
    client.write(sent);
    await recorder.until(() => recorder.length === sent.length);
    expect(recorder.received.equals(sent)).toBe(true);
    expect(sameBuffer).toBe(true);
    expect(recorder.connection.bytesReceived).toBe(sent.length);
    expect(loopback.meter[meterSlots.received]).toBe(sent.length);
  });

  test('copies what is written, so that the writer may use its buffer again at once', async () => {
    const { recorder, client, loopback } = await sceneOf();
    const buffer = Buffer.from('first');
    recorder.connection.write(buffer, 0, 5);
    buffer.write('XXXXX');
    recorder.connection.write(buffer, 2, 4);
    recorder.connection.writeLatin1(' \xe9t\xe9');
    loopback.context.turn.end();
    expect((await take(client, 11)).toString('latin1')).toBe('firstXX \xe9t\xe9');
    expect(recorder.connection.bytesSent).toBe(11);
    expect(loopback.meter[meterSlots.sent]).toBe(11);
  });

  test('knows both addresses, IPv4 as IPv4', async () => {
    const { recorder, client, loopback } = await sceneOf();
    const { connection } = recorder;
    expect([connection.remoteAddress, connection.remotePort]).toEqual(['127.0.0.1', client.localPort]);
    expect([connection.localAddress, connection.localPort]).toEqual(['127.0.0.1', loopback.address.port]);
  });

  test('answers a client that has half-closed, and ends in order', async () => {
    const { recorder, client, loopback } = await sceneOf();
    client.end('question');
    await recorder.seen('end');
    expect(recorder.received.toString()).toBe('question');
    expect(recorder.connection.peerEnded).toBe(true);
    recorder.connection.writeLatin1('answer');
    recorder.connection.end();
    expect((await drained(client)).toString()).toBe('answer');
    await recorder.seen('close');
    expect(recorder.closeReason).toBe(CloseReason.Clean);
    expect(recorder.events).toEqual(['data', 'end', 'close']);
    expect(loopback.closed).toBe(1);
  });

  test('still receives after its own half-close, and sends nothing more', async () => {
    const { recorder, client, loopback } = await sceneOf();
    recorder.connection.writeLatin1('last words');
    recorder.connection.end();
    recorder.connection.writeLatin1('too late');
    recorder.connection.write(Buffer.from('too late'), 0, 8);
    loopback.context.turn.end();
    expect((await drained(client)).toString()).toBe('last words');
    client.end('reply');
    await recorder.seen('close');
    expect(recorder.received.toString()).toBe('reply');
    expect(recorder.closeReason).toBe(CloseReason.Clean);
  });

  test('is blocked by a slow reader, and drains when the reader goes on', async () => {
    const scene = await sceneOf();
    const { recorder, client } = scene;
    client.pause();
    const bytes = noise(24 * mebibyte, 2);
    let at = writeUntilBlocked(scene, bytes);
    expect(recorder.connection.blocked).toBe(true);
    expect(at).toBeLessThan(bytes.length);
    recorder.onDrained = () => {
      expect(recorder.connection.blocked).toBe(false);
      at += writeUntilBlocked(scene, bytes.subarray(at));
      if (at === bytes.length) recorder.connection.end();
    };
    const got = await drained(client);
    expect(got.equals(bytes)).toBe(true);
    expect(recorder.events).toContain('drain');
  });

  test('keeps the bytes of a blocked connection while others write through the same arena', async () => {
    const recorders = new Recorders();
    const loopback = await Loopback.open({ accept: recorders.accept });
    open.push(loopback);
    const scenes: Scene[] = [];
    for (let i = 0; i < 3; i++) {
      const next = recorders.next();
      const client = await loopback.client();
      client.pause();
      scenes.push({ loopback, client, recorder: await next });
    }
    const contents = scenes.map((_, i) => noise(20 * mebibyte, 10 + i));
    const sent = scenes.map((scene, i) => writeUntilBlocked(scene, contents[i]!, 100_000));
    for (const [i, { recorder }] of scenes.entries()) {
      // Blocked connections may still be written to, in turn: it is queued.
      const end = Math.min(contents[i]!.length, sent[i]! + 300_000);
      recorder.connection.write(contents[i]!, sent[i]!, end);
      sent[i] = end;
    }
    loopback.context.turn.end();
    for (const { recorder } of scenes) recorder.connection.end();
    const got = await Promise.all(scenes.map(({ client }) => drained(client)));
    for (const [i, bytes] of got.entries()) {
      expect(bytes.equals(contents[i]!.subarray(0, sent[i])), `connection ${i}`).toBe(true);
    }
  });

  test.each([mebibyte, 128 * 1024, 128 * 1024 + 1, 256 * 1024, 3 * mebibyte + 17])(
    'sends one write of %d bytes whole, as bytes and as text',
    async (length) => {
      const { recorder, client, loopback } = await sceneOf();
      const bytes = noise(length, 3);
      recorder.connection.writeLatin1('<');
      recorder.connection.write(bytes, 0, length);
      recorder.connection.writeLatin1(bytes.toString('latin1'));
      recorder.connection.writeLatin1('>');
      loopback.context.turn.end();
      recorder.connection.end();
      const got = await drained(client);
      expect(got.equals(Buffer.concat([Buffer.from('<'), bytes, bytes, Buffer.from('>')]))).toBe(true);
    },
  );

  test('keeps the order of each connection when several write in turn within one turn of the loop', async () => {
    const recorders = new Recorders();
    const loopback = await Loopback.open({ accept: recorders.accept });
    open.push(loopback);
    const scenes: { client: Socket; recorder: Recorder; expected: string }[] = [];
    for (let i = 0; i < 4; i++) {
      const next = recorders.next();
      const client = await loopback.client();
      scenes.push({ client, recorder: await next, expected: '' });
    }
    const random = seededRandom(4);
    for (let i = 0; i < 2000; i++) {
      const scene = scenes[Math.floor(random.next() * scenes.length)]!;
      const text = `${i}:${'x'.repeat(Math.floor(random.next() * 400))};`;
      scene.expected += text;
      if (i % 2 === 0) scene.recorder.connection.writeLatin1(text);
      else scene.recorder.connection.write(Buffer.from(text), 0, text.length);
    }
    loopback.context.turn.end();
    for (const { recorder } of scenes) recorder.connection.end();
    const got = await Promise.all(scenes.map(({ client }) => drained(client)));
    for (const [i, bytes] of got.entries()) expect(bytes.toString()).toBe(scenes[i]!.expected);
  });

  test('is not told of bytes while reading is paused, and of all of them afterwards', async () => {
    const { recorder, client, loopback } = await sceneOf();
    client.write('one ');
    await recorder.seen('data');
    recorder.connection.pauseReading();
    const bytes = noise(4 * mebibyte, 5);
    client.write(bytes);
    // Several turns of the loop in which the bytes could have been read.
    for (let i = 0; i < 3; i++) (await loopback.client()).destroy();
    expect(recorder.received.toString()).toBe('one ');
    recorder.connection.resumeReading();
    await recorder.until(() => recorder.length === 4 + bytes.length);
    expect(recorder.received.subarray(4).equals(bytes)).toBe(true);
  });

  test('reports a reset by the peer, with its code', async () => {
    const { recorder, client } = await sceneOf();
    client.write('x');
    await recorder.seen('data');
    client.resetAndDestroy();
    await recorder.seen('close');
    expect(recorder.closeReason).toBe(CloseReason.Reset);
    expect(recorder.connection.errorCode).toBe('ECONNRESET');
    expect(recorder.events).toEqual(['data', 'close']);
  });

  test('closes once and later, not from within, when its handler destroys it', async () => {
    const { recorder, client } = await sceneOf();
    let within = false;
    recorder.onBytes = () => {
      recorder.connection.writeLatin1('never sent');
      recorder.connection.destroy();
      recorder.connection.destroy(CloseReason.Reset);
      recorder.connection.writeLatin1('nor this');
      within = recorder.closeReason !== null;
    };
    client.write('x');
    const got = await drained(client);
    await recorder.seen('close');
    expect(within).toBe(false);
    expect(got.length).toBe(0);
    expect(recorder.connection.closed).toBe(true);
    expect(recorder.events.filter((event) => event === 'close')).toHaveLength(1);
    expect(recorder.closeReason).toBe(CloseReason.Clean);
  });

  test('lets the peer see a reset when it is destroyed with one', async () => {
    const { recorder, client } = await sceneOf();
    const failure = once(client, 'error');
    recorder.connection.destroy(CloseReason.Reset);
    expect(((await failure)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET');
    await recorder.seen('close');
    expect(recorder.closeReason).toBe(CloseReason.Reset);
  });
});

describe('a send timeout', () => {
  test('ends a connection whose peer has taken nothing for so long', async () => {
    const scene = await sceneOf({ sendTimeoutMs: 1000 });
    scene.client.pause();
    writeUntilBlocked(scene, noise(24 * mebibyte, 6));
    scene.loopback.advance(900);
    expect(scene.recorder.connection.closed).toBe(false);
    scene.loopback.advance(200);
    await scene.recorder.seen('close');
    expect(scene.recorder.closeReason).toBe(CloseReason.SendTimeout);
  });

  test('waits on while the peer takes something now and then', async () => {
    const { client, recorder, loopback } = await sceneOf({ sendTimeoutMs: 1000 });
    client.pause();
    const total = 96 * mebibyte;
    recorder.connection.write(Buffer.alloc(total), 0, total);
    loopback.context.turn.end();
    for (let i = 0; i < 5; i++) {
      // More than the kernel's buffers hold, so that some of it has been taken from the connection meanwhile.
      await take(client, 16 * mebibyte);
      loopback.advance(900);
      expect(recorder.connection.closed).toBe(false);
    }
    loopback.advance(2100);
    expect(recorder.connection.closed).toBe(true);
  });

  test('does not count against a connection that has nothing to send', async () => {
    const { loopback, recorder, client } = await sceneOf({ sendTimeoutMs: 1000 });
    recorder.connection.writeLatin1('taken at once');
    loopback.context.turn.end();
    await take(client, 13);
    loopback.advance(60_000);
    expect(recorder.connection.closed).toBe(false);
  });
});

describe('closing politely', () => {
  test('sends everything although the peer keeps on sending, and drops what it sends', async () => {
    const { recorder, client } = await sceneOf();
    recorder.onBytes = () => {
      recorder.connection.write(noise(mebibyte, 8), 0, mebibyte);
      recorder.connection.close();
    };
    client.write(noise(200_000, 9));
    const got = await drained(client);
    expect(got.equals(noise(mebibyte, 8))).toBe(true);
    expect(recorder.connection.closed).toBe(false);
    const before = recorder.length;
    client.end('more that nobody reads');
    await recorder.seen('close');
    expect(recorder.length).toBe(before);
    expect(recorder.closeReason).toBe(CloseReason.Clean);
  });

  test('does not wait for a peer that never ends', async () => {
    const { recorder, client, loopback } = await sceneOf();
    recorder.connection.writeLatin1('bye');
    recorder.connection.close();
    expect((await drained(client)).toString()).toBe('bye');
    loopback.advance(900);
    expect(recorder.connection.closed).toBe(false);
    loopback.advance(200);
    await recorder.seen('close');
    expect(recorder.closeReason).toBe(CloseReason.Clean);
  });

  test('does not read without end from a peer that never stops', async () => {
    const { recorder, client } = await sceneOf();
    recorder.connection.close();
    client.write(noise(4 * mebibyte, 11));
    await recorder.seen('close');
    expect(recorder.connection.bytesReceived).toBeLessThan(2 * mebibyte);
  });

  test('gives a slow reader the time that it needs for all of the answer', async () => {
    const scene = await sceneOf({ sendTimeoutMs: 30_000 });
    const { recorder, client, loopback } = scene;
    client.pause();
    const bytes = noise(24 * mebibyte, 12);
    const sent = writeUntilBlocked(scene, bytes);
    recorder.connection.close();
    loopback.advance(10_000);
    expect(recorder.connection.closed).toBe(false);
    const got = await drained(client);
    expect(got.equals(bytes.subarray(0, sent))).toBe(true);
    loopback.advance(1200);
    await recorder.seen('close');
    expect(recorder.closeReason).toBe(CloseReason.Clean);
  });

  test('gives up on a reader that takes nothing at all', async () => {
    const scene = await sceneOf({ sendTimeoutMs: 5000 });
    scene.client.pause();
    writeUntilBlocked(scene, noise(24 * mebibyte, 13));
    scene.recorder.connection.close();
    scene.loopback.advance(5200);
    await scene.recorder.seen('close');
    expect(scene.recorder.closeReason).toBe(CloseReason.SendTimeout);
  });

  test('goes on reading, so that no reset overtakes the answer, even if its handler pauses it then', async () => {
    const { recorder, client } = await sceneOf();
    recorder.onBytes = () => {
      recorder.connection.writeLatin1('answer');
      recorder.connection.close();
      recorder.connection.pauseReading();
    };
    client.write('x');
    expect((await drained(client)).toString()).toBe('answer');
    client.end(noise(500_000, 14));
    await recorder.seen('close');
    expect(recorder.closeReason).toBe(CloseReason.Clean);
    expect(recorder.connection.bytesReceived).toBe(500_001);
  });
});

describe('dial', () => {
  async function dialled(
    port?: number,
  ): Promise<{ recorder: Recorder; sockets: Socket[]; loopback: Loopback }> {
    const sockets: Socket[] = [];
    const server = await plainServer((socket) => sockets.push(socket));
    const loopback = new Loopback({ accept: () => new Recorder() });
    const recorder = new Recorder();
    recorder.connection = dial(loopback.context, {
      address: port === undefined ? server.address : { host: '127.0.0.1', port },
      handler: recorder,
      sendTimeoutMs: 0,
      meter: { values: loopback.meter, ...meterSlots },
      tcpKeepaliveMs: 0,
    });
    open.push(server, { close: () => recorder.connection.destroy() });
    return { recorder, sockets, loopback };
  }

  test('connects, then carries bytes both ways and half-closes', async () => {
    const { recorder, sockets, loopback } = await dialled();
    await recorder.seen('connect');
    recorder.connection.writeLatin1('hello');
    recorder.connection.end();
    while (sockets.length === 0) await new Promise(setImmediate);
    const [peer] = sockets;
    expect((await drained(peer!)).toString()).toBe('hello');
    peer!.end(noise(200_000, 15));
    await recorder.seen('close');
    expect(recorder.received.equals(noise(200_000, 15))).toBe(true);
    expect(recorder.events).toEqual(['connect', 'data', 'end', 'close']);
    expect(loopback.meter[meterSlots.received]).toBe(200_000);
  });

  test('reports a refused connect as a failure, with its code, and never as connected', async () => {
    const closed = await plainServer(() => {});
    closed.close();
    const { recorder } = await dialled(closed.address.port);
    await recorder.seen('close');
    expect(recorder.events).toEqual(['close']);
    expect(recorder.closeReason).toBe(CloseReason.ConnectFailure);
    expect(recorder.connection.errorCode).toBe('ECONNREFUSED');
  });

  test('can be given up before it has connected', async () => {
    const { recorder } = await dialled();
    recorder.connection.destroy(CloseReason.ConnectTimeout);
    await recorder.seen('close');
    expect(recorder.events).toEqual(['close']);
    expect(recorder.closeReason).toBe(CloseReason.ConnectTimeout);
  });
});

describe('Listener', () => {
  test('resets connections beyond its limit, and takes new ones when old ones go', async () => {
    const recorders = new Recorders();
    const loopback = await Loopback.open({ accept: recorders.accept, maxConnections: 2 });
    open.push(loopback);
    const clients = [await loopback.client(), await loopback.client()];
    const third = loopback.connect();
    await new Promise<void>((resolve) => third.once('close', () => resolve()));
    expect(loopback.rejected).toBe(1);
    expect(loopback.listener.connections.size).toBe(2);
    clients[0]!.resetAndDestroy();
    await recorders.all[0]!.seen('close');
    const next = recorders.next();
    await loopback.client();
    await next;
    expect(loopback.rejected).toBe(1);
    expect(loopback.listener.connections.size).toBe(2);
  });

  test('lets open connections live on when it stops', async () => {
    const { recorder, client, loopback } = await sceneOf();
    loopback.listener.stop();
    client.write('still here');
    await recorder.seen('data');
    expect(recorder.received.toString()).toBe('still here');
    await expect(loopback.client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('shares its port with another listener, as threads do', async () => {
    const recorders = new Recorders();
    const first = await Loopback.open({ accept: recorders.accept });
    const second = await Loopback.open({ accept: recorders.accept, port: first.address.port });
    open.push(first, second);
    expect(second.address).toEqual(first.address);
    second.listener.stop();
    const next = recorders.next();
    await first.client();
    await next;
    expect(first.listener.connections.size).toBe(1);
  });

  test('holds what was gathered before reading was paused, and passes it on first when reading goes on', async () => {
    const recorders = new Recorders();
    const loopback = await Loopback.open({ accept: recorders.accept });
    open.push(loopback);
    const scenes: { client: Socket; recorder: Recorder }[] = [];
    for (let i = 0; i < 12; i++) {
      const next = recorders.next();
      const client = await loopback.client();
      scenes.push({ client, recorder: await next });
    }
    const [{ recorder: first }, { recorder: second, client: speaker }] = scenes as [
      (typeof scenes)[0],
      (typeof scenes)[0],
    ];
    const { turn } = loopback.context;
    const bytes = Buffer.from('gathered');
    // So much in one turn that the next ones are gathered.
    for (let i = 0; i < 72; i++) turn.receive(first.connection, bytes, 0, 8);
    await immediate();
    first.onBytes = () => second.connection.pauseReading();
    turn.receive(first.connection, bytes, 0, 8);
    turn.receive(second.connection, bytes, 0, 8);
    await immediate();
    expect(second.length).toBe(0);
    speaker.write(', then read');
    second.connection.resumeReading();
    expect(second.length).toBe(0);
    await second.until(() => second.length >= 19);
    expect(second.received.toString()).toBe('gathered, then read');
  });

  test.each(['end', 'reset'] as const)('passes on what was gathered before the peer’s %s', async (how) => {
    const { recorder, client, loopback } = await sceneOf();
    const crowd = await sceneOf();
    const { turn } = loopback.context;
    for (let i = 0; i < 72; i++) turn.receive(crowd.recorder.connection, Buffer.from('crowd'), 0, 5);
    await immediate();
    client.write('last words', () => {
      if (how === 'end') client.end();
      else client.resetAndDestroy();
    });
    await recorder.seen(how === 'end' ? 'end' : 'close');
    expect(recorder.received.toString()).toBe('last words');
  });
});
