import { describe, expect, test } from 'vitest';
import { Outcome } from '../../../../src/cluster/index.ts';
import { Method } from '../../../../src/protocol/index.ts';
import {
  CallOrigin,
  type EndedCall,
  outcomeLimit,
  packOutcome,
  packRetriedTry,
  unpackOutcome,
} from '../../../../src/proxy/mesh/call-outcome.ts';
import { ResponseFlag, responseFlagNames } from '../../../../src/telemetry/index.ts';

type Try = readonly [outcome: Outcome, status: number] | null;
const answered = (status: number): Try => [Outcome.Success, status];
const failed: Try = [Outcome.LocalOriginFailure, 0];
const cancelled: Try = [Outcome.Cancelled, 0];

function call(status: number, flag: ResponseFlag, last: Try, method: Method = Method.Get): EndedCall {
  const tries = last === null ? null : { count: 1, lastOutcome: last[0], lastStatus: last[1] };
  return { status, flag, tries, head: { methodKind: method } };
}

/** `downstream upstream origin reason`, with `+` for failed and `-` for not tried. */
function text(ended: EndedCall): string {
  const { downstreamFailed, upstreamFailed, tried, origin, reason } = unpackOutcome(packOutcome(ended));
  const upstream = tried ? (upstreamFailed ? '+' : '0') : '-';
  return `${downstreamFailed ? '+' : '0'}${upstream} ${reason === '' ? 'well' : `${origin} ${reason}`}`;
}

describe('the outcome of a call', () => {
  test.each([
    ['an answer', call(200, ResponseFlag.None, answered(200)), '00 well'],
    ['an answer that blames the client', call(404, ResponseFlag.None, answered(404)), '00 well'],
    ['a failure of the upstream', call(500, ResponseFlag.None, answered(500)), '++ upstream 5xx'],
    ['no tries left', call(503, ResponseFlag.UpstreamRetryLimitExceeded, answered(503)), '++ upstream URX'],
    ['no connection', call(503, ResponseFlag.UpstreamConnectionFailure, failed), '++ upstream UF'],
    ['half an answer', call(200, ResponseFlag.UpstreamConnectionTermination, failed), '++ upstream UC'],
    ['nonsense', call(502, ResponseFlag.UpstreamProtocolError, failed), '++ upstream UPE'],
    ['a timeout', call(504, ResponseFlag.UpstreamRequestTimeout, failed), '++ upstream UT'],
    [
      'a client that is too slow for it',
      call(408, ResponseFlag.UpstreamRequestTimeout, cancelled),
      '00 client UT',
    ],
    ['an answer that nobody reads', call(200, ResponseFlag.StreamIdleTimeout, cancelled), '00 client SI'],
    ['an answer that stops', call(200, ResponseFlag.StreamIdleTimeout, failed), '++ upstream SI'],
    ['a filter that never goes on', call(504, ResponseFlag.StreamIdleTimeout, null), '+- local SI'],
    ['nobody to ask', call(503, ResponseFlag.NoHealthyUpstream, null), '++ upstream UH'],
    ['a full cluster', call(503, ResponseFlag.UpstreamOverflow, null), '+- local UO'],
    ['a full pool', call(503, ResponseFlag.UpstreamOverflow, cancelled), '+0 local UO'],
    ['no route', call(404, ResponseFlag.NoRoute, null), '0- local NR'],
    ['no cluster', call(503, ResponseFlag.NoCluster, null), '+- local NC'],
    ['a filter that refuses', call(403, ResponseFlag.FilterReply, null), '0- local FI'],
    ['a filter that fails', call(500, ResponseFlag.FilterReply, cancelled), '+0 local FI'],
    [
      'a client that went away',
      call(0, ResponseFlag.DownstreamConnectionTermination, cancelled),
      '00 client DC',
    ],
    [
      'a client that went away early',
      call(0, ResponseFlag.DownstreamConnectionTermination, null),
      '0- client DC',
    ],
    ['too much', call(413, ResponseFlag.PayloadLimit, cancelled), '00 client PL'],
    ['a tunnel that was idle', call(101, ResponseFlag.StreamIdleTimeout, answered(101)), '00 well'],
    ['a tunnel', call(200, ResponseFlag.DurationTimeout, answered(200), Method.Connect), '00 well'],
    [
      'a tunnel that was not to be',
      call(503, ResponseFlag.UpstreamConnectionFailure, failed, Method.Connect),
      '++ upstream UF',
    ],
    ['a filter that hides a failure', call(200, ResponseFlag.None, answered(503)), '0+ upstream 5xx'],
  ])('of %s', (_, ended, expected) => {
    expect(text(ended)).toBe(expected);
  });

  test('fits in its range whatever happens, and unpacks to a known reason', () => {
    const seen = new Set<number>();
    for (const flag of Object.values(ResponseFlag)) {
      for (const last of [null, failed, cancelled, answered(200), answered(503)]) {
        for (const status of [0, 101, 200, 404, 503]) {
          const packed = packOutcome(call(status, flag, last));
          seen.add(packed);
          const { origin, reason } = unpackOutcome(packed);
          expect(packed).toBeLessThan(outcomeLimit);
          expect(CallOrigin).toContain(origin);
          expect(['', '5xx', ...responseFlagNames.slice(1)]).toContain(reason);
        }
      }
    }
    expect(seen.size).toBeGreaterThan(40);
  });
});

describe('the outcome of a try that another one follows', () => {
  const tryOf = (last: Try) => call(0, ResponseFlag.None, last).tries!;

  test.each([
    ['an answer of 500', answered(503), ResponseFlag.None, { upstreamFailed: true, reason: '5xx' }],
    ['an answer that is no failure', answered(409), ResponseFlag.None, { upstreamFailed: false, reason: '' }],
    [
      'no connection',
      failed,
      ResponseFlag.UpstreamConnectionFailure,
      { upstreamFailed: true, reason: 'UF', origin: 'upstream' },
    ],
  ])('is none of the call: %s', (_, last, flag, expected) => {
    const packed = packRetriedTry(tryOf(last), flag);
    expect(packed).toBeLessThan(outcomeLimit);
    expect(unpackOutcome(packed)).toMatchObject({
      ended: false,
      tried: true,
      downstreamFailed: false,
      ...expected,
    });
  });

  test('is told apart from the end of a call', () => {
    expect(unpackOutcome(packOutcome(call(200, ResponseFlag.None, answered(200)))).ended).toBe(true);
  });
});
