/** A capture with something in every field, for the tests of what stores and pushes them. */
import type { CaptureRecord } from '../../../../holmes/capture/capture.ts';
import type { NewFile, StoreLimits } from '../../../../holmes/store/store.ts';

type NewRecord = Omit<CaptureRecord, 'files'>;

export const startMs: number = Date.UTC(2026, 10, 20, 9, 0, 0);

/** Room for everything. */
export const wideLimits: StoreLimits = {
  maxBytes: 64 * 1024 * 1024,
  maxCount: 1000,
  maxAgeMs: 7 * 86_400_000,
};

/** The `number`th second after the start; ids sort by it. */
export function exampleRecord(number: number, change: Partial<NewRecord> = {}): NewRecord {
  const at = startMs + number * 1000;
  const id = `${new Date(at).toISOString().replaceAll(/[-:]/g, '')}-data-1-cpu`;
  const place = {
    functionName: 'audit',
    file: 'filters/audit.ts',
    line: 31,
    url: 'file:///srv/filters/audit.ts',
  };
  return {
    id,
    subject: 'data-1',
    kind: 'cpu',
    rule: 'cpu',
    reason: 'cpu 82 % is 64 % above its average of 50 % (limit 25 %)',
    decisionId: number,
    at,
    from: at - 10_000,
    to: at + 5000,
    tookMs: 5004,
    readings: {
      subject: 'data-1',
      times: [at - 5000, at],
      values: { cpu: [0.5, 0.82], heap: [Number.NaN, 0.2] },
    },
    kernel: { kind: 'running', waitChannel: '', systemCall: '' },
    stacks: [{ at, frames: [{ functionName: 'audit', url: place.url, line: 31, column: 5 }] }],
    program: {
      name: 'meshlock',
      version: '0.1.0',
      configuration: '3f2a',
      node: 'v24.21.0',
      pid: 4711,
      host: 'node-7',
    },
    diagnosis: {
      certainty: 'named',
      sentence: 'data thread 1 spent 94 % of 5 s in the regular expression at filters/audit.ts:31',
      suspects: [
        {
          place,
          construct: 'regular expression',
          share: 0.94,
          before: null,
          amount: 4700,
          owner: 'filter audit',
        },
      ],
    },
    ...change,
  };
}

export function profileOf(bytes: number, fill: number = 7): readonly NewFile[] {
  return [{ format: 'pb.gz', bytes: new Uint8Array(bytes).fill(fill) }];
}
