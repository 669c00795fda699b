/** Since when each suspect is one, and when it was last: an inference alone knows only its own window. */
import type { ModuleKind, Suspect } from '../infer/evidence.ts';
import { moduleKey } from '../infer/evidence.ts';

export interface SuspectView extends Suspect {
  /** Unix milliseconds of the end of the first and the last window that blamed it. */
  readonly since: number;
  readonly lastSeen: number;
  /** The last inference blamed it. */
  readonly active: boolean;
}

/** As it lies in the journal: the evidence is made anew, only the times could not be. `callee`: of a link. */
export type SuspectTimes = readonly [
  node: string,
  kind: ModuleKind,
  since: number,
  lastSeen: number,
  callee?: string,
];

const maxKept = 1000;

export class SuspectLog {
  readonly #keepMs: number;
  readonly #views = new Map<string, SuspectView>();
  readonly #remembered = new Map<string, SuspectTimes>();
  #active: readonly Suspect[] = [];

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** What the last inference said. */
  get active(): readonly Suspect[] {
    return this.#active;
  }

  /** Active ones first, then those that no longer are, the latest first. */
  get views(): readonly SuspectView[] {
    return [...this.#views.values()].sort(
      (a, b) => Number(b.active) - Number(a.active) || b.lastSeen - a.lastSeen || b.gain - a.gain,
    );
  }

  /** `at`: end of the window that was judged, in Unix milliseconds. `true`: other suspects than before. */
  update(suspects: readonly Suspect[], at: number): boolean {
    const before = new Set(this.#active.map(keyOf));
    this.#active = suspects.slice(0, maxKept);
    for (const [key, view] of this.#views) this.#views.set(key, { ...view, active: false });
    for (const suspect of this.#active) {
      const key = keyOf(suspect);
      const since = this.#views.get(key)?.since ?? this.#remembered.get(key)?.[2] ?? at;
      this.#views.delete(key);
      this.#views.set(key, { ...suspect, since, lastSeen: at, active: true });
    }
    this.#forget(at);
    return this.#active.length !== before.size || this.#active.some((suspect) => !before.has(keyOf(suspect)));
  }

  /** From before a restart. */
  recall(times: readonly SuspectTimes[]): void {
    this.#remembered.clear();
    for (const entry of times.slice(0, maxKept)) {
      const [node, kind, , , callee] = entry;
      this.#remembered.set(suspectKey(node, kind, callee), entry);
    }
  }

  times(): readonly SuspectTimes[] {
    return this.views.map(({ node, kind, since, lastSeen, link }) =>
      link === undefined ? [node, kind, since, lastSeen] : [node, kind, since, lastSeen, link.callee],
    );
  }

  #forget(at: number): void {
    for (const [key, { lastSeen }] of [...this.#views]) {
      if (lastSeen < at - this.#keepMs) this.#views.delete(key);
    }
    for (const [key, [, , , lastSeen]] of [...this.#remembered]) {
      if (lastSeen < at - this.#keepMs) this.#remembered.delete(key);
    }
    // Insertion order is the order of being seen last.
    for (const key of this.#views.keys()) {
      if (this.#views.size <= maxKept) return;
      this.#views.delete(key);
    }
  }
}

function keyOf({ node, kind, link }: Suspect): string {
  return suspectKey(node, kind, link?.callee);
}

/** The ways from one node to several others are several suspects, beside the module of the same name. */
function suspectKey(node: string, kind: ModuleKind, callee: string | undefined): string {
  const module = moduleKey(node, kind);
  return callee === undefined ? module : `${module}\n${callee}`;
}
