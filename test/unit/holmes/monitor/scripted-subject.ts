/** A subject that reads what a test says it reads, for the monitor's decisions. */
import type { CpuProfile } from '../../../../holmes/profile/cpu-profile.ts';
import type { HandleProfile, KernelState, StackSample } from '../../../../holmes/profile/handle-profile.ts';
import type { HeapProfile } from '../../../../holmes/profile/heap-profile.ts';
import { ReadingName, type Readings } from '../../../../holmes/reading.ts';
import type { CutRequest, Pulse, Subject, SubjectEnd } from '../../../../holmes/subject/subject.ts';

/** One function that took all the time of a second. */
export function cpuProfileOf(functionName: string): CpuProfile {
  const frame = (name: string, url: string, lineNumber: number) => ({
    functionName: name,
    scriptId: '1',
    url,
    lineNumber,
    columnNumber: 0,
  });
  return {
    nodes: [
      { id: 1, callFrame: frame('(root)', '', -1), hitCount: 0, children: [2] },
      {
        id: 2,
        callFrame: frame(functionName, 'file:///app/guilty.ts', 9),
        hitCount: 100,
        positionTicks: [{ line: 11, ticks: 100 }],
      },
    ],
    startTime: 0,
    endTime: 1_000_000,
    samples: new Array<number>(100).fill(2),
    timeDeltas: new Array<number>(100).fill(10_000),
  };
}

const heapProfile: HeapProfile = {
  head: {
    callFrame: { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 },
    selfSize: 0,
    id: 1,
    children: [
      {
        callFrame: {
          functionName: 'remember',
          scriptId: '1',
          url: 'file:///app/cache.ts',
          lineNumber: 11,
          columnNumber: 0,
        },
        selfSize: 64 * 1024 * 1024,
        id: 2,
        children: [],
      },
    ],
  },
};

const handleProfile: HandleProfile = {
  groups: [
    {
      kind: 'tcp-client',
      state: 'open',
      peer: '127.0.0.1:9000',
      count: 2000,
      bufferedBytes: 0,
      maxAgeMs: 1000,
      stack: [{ functionName: 'leakyDial', url: 'file:///app/pool.ts', line: 31, column: 3 }],
    },
  ],
  activeByType: { TCPSocketWrap: 2000 },
  armedMs: 0,
  created: [],
  buffers: [],
  warnings: [],
};

export class ScriptedSubject implements Subject {
  readonly name: string;
  readonly kind: Subject['kind'];
  readonly title: string;
  readonly readings: Subject['readings'] = ReadingName;
  readonly captures: Subject['captures'];
  /** What the next samples and looks say. */
  next: Readings = {};
  pulseNow: Pulse | null = { beats: 1, heap: 0.1, lastWords: 'none', error: '' };
  kernel: KernelState = { kind: 'running', waitChannel: '', systemCall: '' };
  startFailure: Error | null = null;
  /** What `cutCpu` does; default: answers at once. */
  cut: (request: CutRequest) => Promise<CpuProfile> = () => Promise.resolve(cpuProfileOf('guilty'));
  readonly cuts: CutRequest[] = [];
  /** Profiles, in the order in which they were asked for. */
  readonly asked: ('cpu' | 'heap')[] = [];
  samples = 0;
  letGoes = 0;
  closes = 0;
  windowListener: ((profile: CpuProfile) => void) | null = null;
  readonly ended: Promise<SubjectEnd>;
  readonly end: (end: SubjectEnd) => void;

  constructor(name: string, options: { kind?: Subject['kind']; captures?: Subject['captures'] } = {}) {
    this.name = name;
    this.kind = options.kind ?? 'thread';
    this.title = this.kind === 'process' ? 'the process' : `thread ${name}`;
    this.captures = options.captures ?? ['cpu', 'heap', 'handles', 'stack', 'snapshot'];
    if (this.kind === 'process') this.pulseNow = null;
    const { promise, resolve } = Promise.withResolvers<SubjectEnd>();
    this.ended = promise;
    this.end = resolve;
  }

  start(): Promise<void> {
    return this.startFailure === null ? Promise.resolve() : Promise.reject(this.startFailure);
  }

  sample(): Readings {
    this.samples++;
    return this.next;
  }

  pulse(): Pulse | null {
    return this.pulseNow;
  }

  /** The event loop has turned. */
  beat(): void {
    if (this.pulseNow !== null) this.pulseNow = { ...this.pulseNow, beats: this.pulseNow.beats + 1 };
  }

  kernelState(): KernelState {
    return this.kernel;
  }

  cutCpu(request: CutRequest): Promise<CpuProfile> {
    this.cuts.push(request);
    this.asked.push('cpu');
    return this.cut(request);
  }

  heapProfile(): Promise<HeapProfile> {
    this.asked.push('heap');
    return Promise.resolve(heapProfile);
  }

  handles(): Promise<HandleProfile> {
    return Promise.resolve(handleProfile);
  }

  stacks(): Promise<readonly StackSample[]> {
    return Promise.resolve([]);
  }

  snapshot(write: (piece: string) => void): Promise<void> {
    write('{"snapshot":{}}');
    return Promise.resolve();
  }

  onWindow(listener: (profile: CpuProfile) => void): void {
    this.windowListener = listener;
  }

  letGo(): void {
    this.letGoes++;
  }

  close(): Promise<void> {
    this.closes++;
    this.end({ kind: 'closed', detail: '' });
    return Promise.resolve();
  }
}
