/**
 * TCP sessions that end in every way, by a seeded die: what arrives is what was sent, whole where nobody was cut off,
 * and nothing is left in the end.
 */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import {
  closedPort,
  type Ending,
  type Peer,
  settle,
  startProxy,
  startRawUpstream,
  until,
} from '../harness/index.ts';
import { outcomes, tcpMesh } from '../harness/mesh.ts';

type Die = (sides: number) => number;

/** What one end is about to do: so much to say, in pieces, and then an end of its own choice. */
interface Part {
  readonly said: string;
  readonly resets: boolean;
  readonly reads: 'at once' | 'late';
}

function partOf(die: Die, name: string): Part {
  const length = [0, 10, 5000, 300_000][die(4)]!;
  return {
    said: name.repeat(Math.ceil(length / name.length)),
    resets: die(6) === 0,
    reads: die(3) === 0 ? 'late' : 'at once',
  };
}

async function play(peer: Peer, part: Part, die: Die): Promise<void> {
  if (part.reads === 'late') peer.pause();
  for (let at = 0; at < part.said.length; ) {
    const length = 1 + die(100_000);
    peer.send(part.said.slice(at, at + length));
    at += length;
    await settle(die(4));
  }
  if (part.resets) peer.reset();
  else peer.end();
  await settle(die(20));
}

/** What it heard, and how the other side ended. */
async function hear(peer: Peer, part: Part): Promise<{ heard: string; ending: Ending }> {
  if (part.resets) {
    await peer.gone();
    return { heard: peer.unread, ending: 'reset' };
  }
  const ending = await peer.ending();
  return { heard: peer.unread, ending };
}

describe('TCP sessions that end in every way', () => {
  test.each([21, 22, 23])('lose and leave nothing (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const die: Die = (sides) => Math.floor(random.next() * sides);
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tcpMesh([upstream.port, await closedPort()]), { seed });
    const counts = { clean: 0, cutOff: 0 };
    for (let session = 1; session <= 40; session++) {
      const client = await proxy.connect();
      const peer = await upstream.accept();
      const [asks, answers] = [partOf(die, `c${session}.`), partOf(die, `u${session}.`)];
      await Promise.all([play(client, asks, die), play(peer, answers, die)]);
      const [atClient, atPeer] = await Promise.all([hear(client, asks), hear(peer, answers)]);
      await until(() => outcomes(proxy).length === session);
      expect(answers.said.startsWith(atClient.heard)).toBe(true);
      expect(asks.said.startsWith(atPeer.heard)).toBe(true);
      const { flag } = outcomes(proxy)[session - 1]!;
      if (!asks.resets && !answers.resets) {
        counts.clean++;
        expect([atClient.ending, atPeer.ending, flag]).toEqual(['end', 'end', '-']);
        expect(atClient.heard.length).toBe(answers.said.length);
        expect(atPeer.heard.length).toBe(asks.said.length);
      } else {
        counts.cutOff++;
        expect(['DC', 'UC', '-']).toContain(flag);
      }
    }
    expect(Math.min(counts.clean, counts.cutOff)).toBeGreaterThan(0);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
    expect(proxy.counter('meshlock_cluster_requests_active')).toBe(0);
  });
});
