/**
 * Bodies far larger than the memory they may take, through the program in a process of its own. `MESHLOCK_BODY_BYTES`
 * sets another size, such as 10000000000.
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectPeer, type Peer, startRawUpstream, until } from '../harness/index.ts';
import { type Meshlock, startMeshlock } from '../process/meshlock.ts';

const size = Number(process.env['MESHLOCK_BODY_BYTES'] ?? 300_000_000);
const timeoutMs = 20_000 + size / 20_000;
const piece = Buffer.alloc(256 * 1024, 'x');
const allowedGrowthBytes = 64_000_000;

/** Resident memory of a process (Linux). */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
}

/** Sends `bytes` of filling, as fast as the other side takes them. */
function pour(peer: Peer, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      const length = Math.min(left, piece.length);
      left -= length;
      if (!peer.socket.write(piece.subarray(0, length))) {
        peer.socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

/** Counts what arrives and keeps none of it. */
function drink(peer: Peer): { readonly bytes: () => number } {
  let bytes = peer.unread.length;
  peer.socket.removeAllListeners('data');
  peer.socket.on('data', (data: Buffer) => (bytes += data.length));
  peer.resume();
  return { bytes: () => bytes };
}

/** Waits until nothing moves through the proxy any more; answers how many bytes it has taken from the sender by then. */
async function stalled(program: Meshlock, metric: string): Promise<number> {
  let before = -1;
  for (let same = 0; same < 5; ) {
    const now = (await program.metrics()).sum(metric);
    same = now === before && now > 100_000 ? same + 1 : 0;
    before = now;
  }
  return before;
}

/** How much more memory a process takes than at the beginning. */
class MemoryWatch {
  readonly #pid: number;
  readonly #base: number;
  growth = 0;

  constructor(pid: number, base: number) {
    this.#pid = pid;
    this.#base = base;
  }

  static async begin(pid: number): Promise<MemoryWatch> {
    return new MemoryWatch(pid, await residentBytes(pid));
  }

  async look(): Promise<void> {
    this.growth = Math.max(this.growth, (await residentBytes(this.#pid)) - this.#base);
  }

  /** Looks again and again while `peer` takes what is poured. */
  async whileDrinking(peer: Peer): Promise<number> {
    await this.look();
    const drunk = drink(peer);
    while (drunk.bytes() < size) {
      const goal = Math.min(size, drunk.bytes() + 20_000_000);
      await until(
        () => drunk.bytes() >= goal,
        () => `byte ${goal}, got ${drunk.bytes()}`,
        timeoutMs,
      );
      await this.look();
    }
    return drunk.bytes();
  }
}

interface Mesh {
  readonly program: Meshlock;
  readonly client: Peer;
  readonly peer: Peer;
  readonly watch: MemoryWatch;
}

/** The program between a client and an upstream that have had one small exchange: what is made once has been made. */
async function mesh(): Promise<Mesh> {
  const upstream = await startRawUpstream();
  const program = await startMeshlock({
    admin: '127.0.0.1:0',
    data_threads: 1,
    listeners: [{ name: 'web', address: '127.0.0.1:0', cluster: 'app' }],
    clusters: [{ name: 'app', endpoints: [upstream.port] }],
  });
  const client = await connectPeer(program.port());
  onTestFinished(() => client.destroy());
  client.send('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi');
  const { peer } = await upstream.acceptRequest();
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  await client.response();
  return { program, client, peer, watch: await MemoryWatch.begin(program.pid) };
}

describe.skipIf(process.platform !== 'linux')(`a body of ${size} bytes`, () => {
  test('downloaded by a client that does not read for a while waits in the upstream', {
    timeout: timeoutMs,
  }, async () => {
    const { program, client, peer, watch } = await mesh();
    client.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    await peer.request();
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    await client.takeUntil('\r\n\r\n');
    client.pause();
    pour(peer, size);
    expect(await stalled(program, 'meshlock_cluster_received_bytes_total')).toBeLessThan(size / 2);
    expect(await watch.whileDrinking(client)).toBe(size);
    expect(watch.growth).toBeLessThan(allowedGrowthBytes);
  });

  test('uploaded to an upstream that does not read for a while waits in the client', {
    timeout: timeoutMs,
  }, async () => {
    const { program, client, peer, watch } = await mesh();
    client.send(`POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: ${size}\r\n\r\n`);
    await peer.takeUntil('\r\n\r\n');
    peer.pause();
    pour(client, size);
    expect(await stalled(program, 'meshlock_listener_received_bytes_total')).toBeLessThan(size / 2);
    expect(await watch.whileDrinking(peer)).toBe(size);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
    expect((await client.response()).body).toBe('done');
    expect(watch.growth).toBeLessThan(allowedGrowthBytes);
  });
});
