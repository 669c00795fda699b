/** Captures, decisions and samples as a bad night leaves them. */
import type { CaptureRecord } from '../../../holmes/capture/capture.ts';
import type { Suspect } from '../../../holmes/diagnosis/diagnosis.ts';
import type { Frame } from '../../../holmes/profile/handle-profile.ts';
import type { ReadingName, RingView } from '../../../holmes/reading.ts';
import type { Decision } from '../../../holmes/rule/decision.ts';
import type { Profiles } from './profiles.ts';

/** A name that would run if it were taken for markup. */
export const hostileName = '<img src=x onerror="document.title=\'broken in\'">';

export const culpritSentence =
  'data thread 2 spent 94 % of 5 s in the regular expression at filters/user/audit.ts:31 (baseline 0.2 %)';

const minute = 60_000;

export function plantedRecords(nowMs: number, profiles: Profiles): CaptureRecord[] {
  const size = (format: keyof Profiles): number => profiles[format].length;
  return [
    record(nowMs - 21_000, {
      subject: 'data-2',
      kind: 'cpu',
      rule: 'stall',
      reason: 'no beat for 412 ms (limit 400 ms)',
      diagnosis: {
        certainty: 'named',
        sentence: culpritSentence,
        suspects: [
          suspect('auditLine', 'filters/user/audit.ts', 31, {
            construct: 'regular expression',
            share: 0.94,
            before: 0.002,
            amount: 4700,
            owner: 'filter audit',
          }),
          suspect(hostileName, 'filters/user/audit.ts', 12, {
            share: 0.03,
            before: 0.028,
            amount: 150,
            owner: '',
          }),
        ],
      },
      files: [
        { format: 'cpuprofile', bytes: size('cpuprofile') },
        { format: 'pb.gz', bytes: size('pb.gz') },
      ],
      stacks: [{ at: nowMs - 20_900, frames: stackFrames }],
    }),
    record(nowMs - 4 * minute, {
      subject: 'data-1',
      kind: 'heap',
      rule: 'heap',
      reason: 'heap 64 % is above its limit of 60 %',
      diagnosis: {
        certainty: 'named',
        sentence:
          '38 MiB of the heap of data thread 1 were allocated by remember at cache/session.ts:88, a growing Map (21 MiB more than at the last look)',
        suspects: [
          suspect('remember', 'cache/session.ts', 88, {
            construct: 'collection',
            share: 0.71,
            before: 0.33,
            amount: 39_845_888,
            owner: 'route /login',
          }),
        ],
      },
      files: [{ format: 'heapprofile', bytes: size('heapprofile') }],
    }),
    record(nowMs - 42 * minute, {
      subject: 'data-3',
      kind: 'handles',
      rule: 'handles',
      reason: 'handles 1,204 are 61 % above their average of 748 (limit 25 %)',
      diagnosis: {
        certainty: 'unclear',
        sentence: 'Unclear: 1,204 handles of data thread 3 were made at 37 places, none of which stands out',
        suspects: [],
      },
      files: [
        { format: 'pb.gz', bytes: size('pb.gz') },
        { format: 'json', bytes: 90_000 },
      ],
    }),
    record(nowMs - 180 * minute, {
      subject: 'data-2',
      kind: 'stack',
      rule: 'request',
      reason: 'somebody asked for it',
      stacks: [1, 2, 3].map((i) => ({ at: nowMs - 180 * minute + 20 * i, frames: stackFrames })),
      files: [{ format: 'json', bytes: 900 }],
    }),
    ...[5, 9, 14, 26].map((hours) =>
      record(nowMs - hours * 60 * minute, {
        reason: 'cpu 82 % is 64 % above its average of 50 % (limit 25 %)',
        files: [{ format: 'cpuprofile', bytes: size('cpuprofile') }],
      }),
    ),
  ];
}

const stackFrames: readonly Frame[] = [
  { functionName: 'auditLine', url: 'file:///srv/app/filters/user/audit.ts', line: 31, column: 17 },
  { functionName: 'onRequestHead', url: 'file:///srv/app/filters/user/audit.ts', line: 12, column: 5 },
  { functionName: '', url: 'node:internal/process/task_queues', line: 105, column: 5 },
];

function record(at: number, special: Partial<CaptureRecord>): CaptureRecord {
  const subject = special.subject ?? 'data-1';
  const kind = special.kind ?? 'cpu';
  return {
    id: `${new Date(at).toISOString().replaceAll(/[-:]/g, '')}-${subject}-${kind}`,
    subject,
    kind,
    rule: 'cpu',
    reason: '',
    decisionId: 40,
    at,
    from: at - 10_000,
    to: at + 5000,
    tookMs: 5240,
    readings: plantedRing(subject, at + 3000),
    kernel: { kind: 'running', waitChannel: '', systemCall: '' },
    stacks: [],
    program: {
      name: 'meshlock',
      version: '0.1.0',
      configuration: '7',
      node: '24.21.0',
      pid: 4711,
      host: 'cart-7f9',
    },
    diagnosis: {
      certainty: 'named',
      sentence: 'data thread 1 spent 61 % of 15 s in JSON.parse at filters/user/body.ts:9 (baseline 3 %)',
      suspects: [],
    },
    files: [],
    ...special,
  };
}

function suspect(functionName: string, file: string, line: number, rest: Partial<Suspect>): Suspect {
  const place = { functionName, file, line, url: `file:///srv/app/${file}` };
  return { place, construct: null, share: 0, before: null, amount: 0, owner: '', ...rest };
}

export function plantedDecisions(nowMs: number, records: readonly CaptureRecord[]): Decision[] {
  const led = records.map(
    (one): Decision => ({
      ...quietDecision(one.at),
      subject: one.subject,
      rule: one.rule,
      verdict: 'capture',
      by: 'abs',
      reason: one.reason,
      capture: one.kind,
      captureId: one.id,
    }),
  );
  const others: Decision[] = [
    quietDecision(nowMs - 1000),
    {
      ...quietDecision(nowMs - 9000),
      id: 12,
      verdict: 'cooldown',
      by: 'diff',
      reason:
        'cpu 88 % is 41 % above its average of 62 % (limit 25 %), but the last capture by this rule was 38 s ago (cooldown 60 s)',
    },
    {
      ...quietDecision(nowMs - 14_000),
      id: 11,
      rule: 'rss',
      subject: 'process',
      verdict: 'too_loaded',
      by: 'abs',
      reason: 'rss 97.4 % is at or above max 97 %',
    },
  ];
  return [...others, ...led].map((decision, i) => ({ ...decision, id: 1000 - i }));
}

function quietDecision(at: number): Decision {
  const reason = 'cpu 3.1 % is below min 10 %';
  return {
    id: 0,
    at,
    subject: 'data-1',
    rule: 'cpu',
    verdict: 'quiet',
    by: null,
    reason,
    value: 0.031,
    average: Number.NaN,
    capture: null,
    captureId: null,
  };
}

/** Eleven samples of five seconds, the last just before `nowMs`; each subject its own curve, with a hole in one. */
export function plantedRing(subject: string, nowMs: number): RingView {
  const times = Array.from({ length: 11 }, (_, i) => nowMs - 1500 - (10 - i) * 5000);
  const wave = (low: number, high: number): number[] =>
    times.map(
      (_, i) =>
        low + (high - low) * (i < 7 ? 0.2 + 0.1 * Math.sin(i * 2 + subject.length) : 1 - 0.06 * (i % 3)),
    );
  const all: Partial<Record<ReadingName, number[]>> =
    subject === 'process'
      ? {
          cpu: wave(0.1, 0.62),
          rss: wave(0.4, 0.55),
          rss_bytes: wave(190e6, 260e6),
          descriptors: wave(60, 90),
          descriptor_share: wave(0.06, 0.09),
          sockets: wave(30, 60),
        }
      : {
          cpu: subject === 'data-2' ? wave(0.05, 0.99) : wave(0.02, 0.3),
          event_loop_delay_p99: wave(3, subject === 'data-2' ? 440 : 20),
          event_loop_delay_p50: wave(1, 4),
          event_loop_utilization: wave(0.05, 0.6),
          gc_pause: wave(0.001, 0.02),
          heap: wave(0.3, subject === 'data-1' ? 0.66 : 0.35),
          heap_bytes: wave(30e6, 60e6),
          external_bytes: wave(2e6, 9e6),
          handles: wave(200, 260),
          sockets: wave(30, 60),
        };
  all.cpu![4] = Number.NaN;
  return { subject, times, values: all };
}
