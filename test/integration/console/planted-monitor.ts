/** A monitor with one of everything that the page shows. Takes and deletes as told; nothing behind it is watched. */
import type { CaptureFormat, CaptureRecord } from '../../../holmes/capture/capture.ts';
import {
  CaptureRefused,
  type CaptureRequest,
  type MonitorFigures,
  type MonitorView,
  type SubjectView,
} from '../../../holmes/monitor/view.ts';
import type { RingView } from '../../../holmes/reading.ts';
import type { Decision } from '../../../holmes/rule/decision.ts';
import { defaultSettings, type Settings } from '../../../holmes/settings.ts';
import { plantedDecisions, plantedRecords, plantedRing } from './planted-facts.ts';
import type { Profiles } from './profiles.ts';

export class PlantedMonitor implements MonitorView {
  /** Requests for captures, in their order. */
  readonly asked: CaptureRequest[] = [];
  records: CaptureRecord[];
  watched: SubjectView[];
  readonly #profiles: Profiles;
  readonly #nowMs: number;

  /** Everything happened before `nowMs`, Unix milliseconds. */
  constructor(profiles: Profiles, nowMs: number) {
    this.#profiles = profiles;
    this.#nowMs = nowMs;
    this.records = plantedRecords(nowMs, profiles);
    this.watched = plantedSubjects();
  }

  subjects(): readonly SubjectView[] {
    return this.watched;
  }

  rings(): readonly RingView[] {
    return this.watched
      .filter(({ state }) => state !== 'ended')
      .map(({ name }) => plantedRing(name, this.#nowMs));
  }

  decisions({ quiet = false }: { readonly quiet?: boolean } = {}): readonly Decision[] {
    return plantedDecisions(this.#nowMs, this.records).filter(({ verdict }) => quiet || verdict !== 'quiet');
  }

  settings(): Settings {
    return defaultSettings;
  }

  configure(): Settings {
    return defaultSettings;
  }

  capture(request: CaptureRequest): Promise<CaptureRecord> {
    this.asked.push(request);
    if (request.subject === 'data-3')
      return Promise.reject(new CaptureRefused('busy', 'one is being taken already'));
    const at = this.#nowMs;
    const sentence = `${request.subject} was idle for ${request.seconds ?? 0} s`;
    const taken: CaptureRecord = {
      ...this.records[0]!,
      id: `20261120T100000.000Z-${request.subject}-${request.kind}`,
      subject: request.subject,
      kind: request.kind,
      rule: 'request',
      reason: 'asked for',
      at,
      diagnosis: { certainty: 'unclear', sentence, suspects: [] },
    };
    this.records = [taken, ...this.records];
    return Promise.resolve(taken);
  }

  list(): readonly CaptureRecord[] {
    return this.records;
  }

  get(id: string): CaptureRecord | null {
    return this.records.find((record) => record.id === id) ?? null;
  }

  read(id: string, format: CaptureFormat): Promise<Uint8Array | null> {
    if (this.get(id) === null) return Promise.resolve(null);
    return Promise.resolve(format in this.#profiles ? this.#profiles[format as keyof Profiles] : null);
  }

  delete(id: string): Promise<boolean> {
    const known = this.get(id) !== null;
    this.records = this.records.filter((record) => record.id !== id);
    return Promise.resolve(known);
  }

  figures(): MonitorFigures {
    const bytes = this.records.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0);
    const problem = 'no space left on the device: /var/lib/meshlock/captures';
    return {
      decisions: [],
      captures: [],
      latest: [],
      store: {
        captures: this.records.length,
        bytes,
        limits: defaultSettings.limits,
        evicted: 3,
        unsaved: 1,
        problem,
      },
      sampleSeconds: 0.1,
      pushed: { sent: 0, failed: 0, dropped: 0 },
    };
  }
}

function plantedSubjects(): SubjectView[] {
  const thread = {
    kind: 'thread',
    captures: ['cpu', 'heap', 'handles', 'stack', 'snapshot'],
    capturing: null,
  } as const;
  return [
    {
      name: 'process',
      title: 'the process',
      kind: 'process',
      state: 'watched',
      problem: '',
      captures: [],
      capturing: null,
    },
    { ...thread, name: 'main', title: 'the control thread', state: 'watched', problem: '' },
    { ...thread, name: 'data-1', title: 'data thread 1', state: 'watched', problem: '', capturing: 'heap' },
    { ...thread, name: 'data-2', title: 'data thread 2', state: 'stuck', problem: '' },
    { ...thread, name: 'data-3', title: 'data thread 3', state: 'watched', problem: '' },
    {
      ...thread,
      name: 'data-4',
      title: 'data thread 4',
      state: 'failed',
      problem: 'the thread did not answer within 5 s',
    },
    {
      ...thread,
      name: 'data-5',
      title: 'data thread 5',
      state: 'ended',
      problem: 'out of memory: the heap reached its limit of 96 MiB',
    },
  ];
}
