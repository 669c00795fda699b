/** A monitor with one of everything, that writes down what it was asked for. */
import type {
  CaptureFormat,
  CaptureRecord,
  CaptureRequest,
  Comparison,
  Decision,
  MonitorFigures,
  MonitorView,
  RingView,
  Settings,
  SettingsChange,
  SubjectView,
} from '../../../../holmes/index.ts';
import { defaultSettings } from '../../../../holmes/settings.ts';
import { applyChange } from '../../../../holmes/settings-change.ts';

const at: number = Date.UTC(2026, 10, 20, 9, 51, 55, 123);

const readings: RingView = {
  subject: 'data-1',
  times: [at - 5000, at],
  values: {
    cpu: [0.1, 0.82],
    event_loop_delay_p99: [12, 250],
    heap_bytes: [1e7, Number.NaN],
    handles: [10, 12],
  },
};

export function captureRecord(changes: Partial<CaptureRecord> = {}): CaptureRecord {
  return {
    id: '20261120T095155.123Z-data-1-cpu',
    subject: 'data-1',
    kind: 'cpu',
    rule: 'cpu',
    reason: 'cpu 82 % is 64 % above its average of 50 % (limit 25 %)',
    decisionId: 7,
    at,
    from: at - 10_000,
    to: at + 5000,
    tookMs: 5003.4,
    readings,
    kernel: { kind: 'running', waitChannel: '', systemCall: '' },
    stacks: [],
    program: {
      name: 'meshlock',
      version: '1.2.3',
      configuration: 'version 3',
      node: 'v24',
      pid: 1,
      host: 'h',
    },
    diagnosis: {
      certainty: 'named',
      sentence:
        'data thread 1 spent 94 % of 5 s in the regular expression at filters/audit.ts:31 (baseline 0.2 %)',
      suspects: [
        {
          place: {
            functionName: 'check',
            file: 'filters/audit.ts',
            line: 31,
            url: 'file:///filters/audit.ts',
          },
          construct: 'regular expression',
          share: 0.94,
          before: 0.002,
          amount: 4700,
          owner: 'filter audit',
        },
      ],
    },
    files: [
      { format: 'pb.gz', bytes: 4 },
      { format: 'cpuprofile', bytes: 2 },
    ],
    ...changes,
  };
}

export class FakeMonitor implements MonitorView {
  readonly asked: unknown[] = [];
  records: CaptureRecord[] = [
    captureRecord(),
    captureRecord({
      id: '20261120T090000.000Z-process-heap',
      subject: 'process',
      kind: 'heap',
      at: at - 3_115_123,
      diagnosis: { certainty: 'unclear', sentence: 'unclear', suspects: [] },
      files: [],
    }),
  ];
  answer: () => Promise<CaptureRecord> = () => Promise.resolve(captureRecord());
  figuresNow: MonitorFigures = {
    decisions: [{ subject: 'data-1', rule: 'cpu', verdict: 'capture', count: 2 }],
    captures: [{ subject: 'data-1', rule: 'cpu', kind: 'cpu', result: 'stored', count: 1 }],
    latest: [captureRecord()],
    store: {
      captures: 2,
      bytes: 6,
      limits: defaultSettings.limits,
      evicted: 3,
      unsaved: 1,
      problem: '',
    },
    sampleSeconds: 0.25,
    pushed: { sent: 5, failed: 1, dropped: 0 },
  };
  subjectsNow: SubjectView[] = [
    {
      name: 'data-1',
      title: 'data thread 1',
      kind: 'thread',
      state: 'watched',
      problem: '',
      captures: ['cpu', 'heap'],
      capturing: 'cpu',
    },
  ];
  #settings: Settings = {
    ...defaultSettings,
    pyroscope: { url: 'http://p:4040', application: 'cart', token: 's3cret', timeoutMs: 1000 },
  };

  subjects(): readonly SubjectView[] {
    return this.subjectsNow;
  }

  rings(): readonly RingView[] {
    return [readings];
  }

  comparisons(): readonly Comparison[] {
    const none = Number.POSITIVE_INFINITY;
    return [
      { subject: 'data-1', reading: 'cpu', average: 0.5, limit: 0.625 },
      { subject: 'data-1', reading: 'event_loop_delay_p99', average: 200, limit: 250 },
      { subject: 'data-1', reading: 'external_bytes', average: Number.NaN, limit: 67_108_864 },
      { subject: 'data-1', reading: 'handles', average: 11, limit: none },
    ];
  }

  decisions(options: { readonly quiet?: boolean; readonly limit?: number } = {}): readonly Decision[] {
    this.asked.push(options);
    return [
      {
        id: 7,
        at,
        subject: 'data-1',
        rule: 'cpu',
        verdict: 'capture',
        by: 'diff',
        reason: 'cpu 82 %',
        value: 0.82,
        average: Number.NaN,
        capture: 'cpu',
        captureId: captureRecord().id,
      },
    ];
  }

  settings(): Settings {
    return this.#settings;
  }

  configure(change: SettingsChange): Settings {
    this.#settings = applyChange(this.#settings, change);
    return this.#settings;
  }

  capture(request: CaptureRequest): Promise<CaptureRecord> {
    this.asked.push(request);
    return this.answer();
  }

  list(): readonly CaptureRecord[] {
    return this.records;
  }

  get(id: string): CaptureRecord | null {
    return this.records.find((record) => record.id === id) ?? null;
  }

  read(id: string, format: CaptureFormat): Promise<Uint8Array | null> {
    this.asked.push(`${id}.${format}`);
    return Promise.resolve(format === 'pb.gz' ? Uint8Array.of(0x1f, 0x8b, 0xff, 0) : Buffer.from('{}'));
  }

  delete(id: string): Promise<boolean> {
    const before = this.records.length;
    this.records = this.records.filter((record) => record.id !== id);
    return Promise.resolve(this.records.length < before);
  }

  figures(): MonitorFigures {
    return this.figuresNow;
  }
}
