/**
 * Everything at once, by a seeded die: upstreams that fail in every way, clients that leave at any time, and other
 * configurations meanwhile. Nobody gets an answer that is not his own, and nothing is left in the end.
 */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import { header, type Peer, type Response, settle, startProxy, type TestProxy } from '../harness/index.ts';
import { mesh, outcomes, post, request } from '../harness/mesh.ts';
import { answer, type Script, type ScriptedUpstream, startScriptedUpstream } from '../harness/scripted.ts';

type Die = (sides: number) => number;

function dieOf(seed: number): Die {
  const random = seededRandom(seed);
  return (sides) => Math.floor(random.next() * sides);
}

/** Answers with the path of the request most of the time. */
function moody(die: Die): Script {
  return async ({ peer, request: { target } }) => {
    const good = answer(200, target);
    await settle(die(3));
    switch (die(16)) {
      case 0:
        return peer.reset();
      case 1:
        return peer.end();
      case 2:
        return peer.send(answer(503, target));
      case 3:
        return peer.send('nonsense\r\n\r\n');
      case 4:
        return peer.send(`${good}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong`);
      case 5:
        peer.send(`HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${target}`);
        await settle(die(4));
        return peer.reset();
      case 6:
        peer.send(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n/\r\n`);
        await settle(die(4));
        return peer.end();
      case 7:
        // No answer: the route's timeout ends it.
        return undefined;
      case 8:
        peer.send(good);
        await settle(die(3));
        return peer.end();
      case 9:
        peer.send(good);
        await settle(die(3));
        return peer.reset();
      default:
        return peer.send(good);
    }
  };
}

interface Tally {
  readonly wrong: string[];
  whole: number;
  refused: number;
  cutOff: number;
  left: number;
}

/** `null`: the connection ended before the answer was complete. */
async function responseOf(client: Peer): Promise<Response | null> {
  try {
    return await client.response();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('the peer has ended')) return null;
    throw error;
  }
}

/** One client after another, each with a few requests on its connection, until enough was asked. */
async function visit(proxy: TestProxy, die: Die, name: string, tally: Tally): Promise<void> {
  for (let visits = 0; visits < 12; visits++) {
    const client = await proxy.connect('web');
    for (let turn = 0; turn < 6; turn++) {
      const path = `/${name}/${visits}/${turn}`;
      client.send(
        die(3) === 0 ? post('x'.repeat(die(3000)), path, '', die(2) === 0 ? 'PUT' : 'POST') : request(path),
      );
      if (die(8) === 0) {
        await settle(die(12));
        tally.left++;
        break;
      }
      const response = await responseOf(client);
      if (response === null) {
        tally.cutOff++;
        break;
      }
      if (response.status === 200 && response.body === path) tally.whole++;
      else if (
        response.status >= 500 &&
        (header(response, 'proxy-status') !== undefined || response.body === path)
      )
        tally.refused++;
      else tally.wrong.push(`${path}: ${response.raw}`);
      if (header(response, 'connection') === 'close') break;
    }
    if (die(2) === 0) client.reset();
    else client.destroy();
  }
}

function configuration(upstreams: readonly ScriptedUpstream[], die: Die): string {
  const ports = upstreams.map(({ port }) => port);
  const gone = die(4);
  const chosen = ports.filter((_, i) => i !== gone);
  return mesh(chosen, {
    route: {
      timeout: '1s',
      retry: {
        on: ['5xx', 'reset'],
        attempts: die(3),
        backoff: { base: '5ms', max: '20ms' },
        max_body_size: 2000,
      },
    },
    cluster: {
      balancer: ['round_robin', 'least_request', 'peak_ewma', 'random'][die(4)],
      pool: { max_idle_per_endpoint: die(3), max_requests_per_connection: die(4) },
      circuit_breakers: {
        max_connections: 2 + die(6),
        max_pending_requests: 1 + die(6),
        max_requests: 3 + die(8),
        max_retries: die(4),
      },
      outlier_detection: die(2) === 0,
      proxy_protocol: 'off',
    },
  });
}

describe('a mesh in which everything fails', () => {
  test.each([11, 12, 13])('answers nobody wrongly and keeps nothing (seed %i)', async (seed) => {
    const die = dieOf(seed);
    const upstreams = await Promise.all(
      [0, 1, 2].map((i) => startScriptedUpstream(moody(dieOf(seed * 100 + i)))),
    );
    const proxy = await startProxy(configuration(upstreams, die), { seed });
    const tally: Tally = { wrong: [], whole: 0, refused: 0, cutOff: 0, left: 0 };
    const progress = { isOver: false };
    const visitors = Promise.all(
      Array.from({ length: 8 }, (_, i) => visit(proxy, dieOf(seed * 1000 + i), `v${i}`, tally)),
    ).finally(() => {
      progress.isOver = true;
    });
    for (let step = 1; !progress.isOver; step++) {
      await proxy.advance(10, 5);
      if (step % 40 === 0) expect((await proxy.update(configuration(upstreams, die))).failures).toEqual([]);
    }
    await visitors;
    expect(tally.wrong).toEqual([]);
    // The die has shown every side.
    expect(Math.min(tally.whole, tally.refused, tally.cutOff, tally.left)).toBeGreaterThan(0);
    const flags = new Set(outcomes(proxy).map(({ flag }) => flag));
    for (const flag of ['-', 'UC', 'DC']) expect(flags).toContain(flag);
    // What idles and what is under way towards nobody ends in its time.
    for (let second = 0; second < 6; second++) await proxy.advance(1000);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
    for (const metric of ['requests_active', 'requests_pending', 'retries_active'])
      expect(proxy.counter(`meshlock_cluster_${metric}`)).toBe(0);
  });
});
