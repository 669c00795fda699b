/** One subject under watch, with what is remembered of it. */
import { ProfileBaseline } from '../baseline/profile-baseline.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';
import type { RingView } from '../reading.ts';
import { Ring } from '../ring.ts';
import type { RuleName } from '../rule/rule.ts';
import { StallWatch } from '../rule/stall-watch.ts';
import type { CaptureKind, Subject } from '../subject/subject.ts';
import type { SubjectView } from './view.ts';

/** Readings kept of a subject, and the number that an average is made of. */
const ringLength = 10;

/** After a level of memory has been reported, it is reported again when use has fallen this far below it in between. */
const levelHysteresis = 0.1;

/** Heap and handles of a quiet thread are read for comparison with every so manieth window: at 30 s, every 10 minutes. */
const windowsPerReading = 20;

export class Post {
  readonly subject: Subject;
  readonly ring: Ring = new Ring(ringLength);
  readonly baseline: ProfileBaseline = new ProfileBaseline();
  readonly stall: StallWatch = new StallWatch();
  /** What each rule has compared the newest reading with; NaN: nothing yet. */
  readonly averages: Map<RuleName, number> = new Map();
  state: SubjectView['state'] = 'starting';
  problem = '';
  /** `null`: none is being taken. */
  capturing: CaptureKind | null = null;
  /** The stall that is going on has been dealt with. */
  stallSeen = false;
  lastWordsSeen = false;
  /** Monotonic milliseconds before which the heap of the stuck thread is not read again; infinite while it is read. */
  nextHeapMs: number = Number.NEGATIVE_INFINITY;
  /** Monotonic milliseconds of the last reading that was out of order. */
  disturbedMs: number = Number.NEGATIVE_INFINITY;
  #lastHeap: { readonly profile: HeapProfile; readonly at: number } | null = null;
  #heapWasRead = false;
  readonly #levelsSeen = new Set<number>();
  #windows = 0;

  constructor(subject: Subject) {
    this.subject = subject;
  }

  get name(): string {
    return this.subject.name;
  }

  get isWatched(): boolean {
    return this.state === 'watched' || this.state === 'stuck';
  }

  /** The newest heap profile: all there is when the thread runs out of memory. */
  get lastHeap(): { readonly profile: HeapProfile; readonly at: number } | null {
    return this.#lastHeap;
  }

  /** A heap profile was read, which makes V8 collect all garbage first. A thread that is being taken down gives an empty one. */
  noteHeap(profile: HeapProfile, at: number): void {
    this.#heapWasRead = true;
    if (profile.head.children.length > 0) this.#lastHeap = { profile, at };
  }

  /** Whether one was read since the last call: then the pause is our doing. */
  takeHeapWasRead(): boolean {
    const was = this.#heapWasRead;
    this.#heapWasRead = false;
    return was;
  }

  ringView(): RingView {
    return this.ring.view(this.name);
  }

  view(): SubjectView {
    const { subject, state, problem, capturing } = this;
    const { name, title, kind, captures } = subject;
    return { name, title, kind, state, problem, captures, capturing };
  }

  /** The highest of `levels` that use of memory has newly reached; `null`: none. */
  reachedLevel(use: number, levels: readonly number[]): number | null {
    let reached: number | null = null;
    for (const level of levels) {
      if (use < level - levelHysteresis) this.#levelsSeen.delete(level);
      if (use >= level && !this.#levelsSeen.has(level)) reached = Math.max(reached ?? 0, level);
    }
    return reached;
  }

  noteLevel(level: number, levels: readonly number[]): void {
    for (const lower of levels) if (lower <= level) this.#levelsSeen.add(lower);
  }

  /** Called for every quiet window. True when heap and handles are to be read for comparison. */
  wantsReading(): boolean {
    return this.#windows++ % windowsPerReading === 0;
  }
}
