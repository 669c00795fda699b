/**
 * The reports of the last epochs, each once: what the inference reads. Bounded by epochs and by bytes; when the bytes
 * run out the oldest epoch goes first, so that what is new is judged from less rather than not at all.
 */
import type { EpochReport } from '../observe/epoch-report.ts';
import { Viewpoint } from '../observe/viewpoint.ts';

export interface WindowSettings {
  readonly epochs: number;
  readonly maxBytes: number;
}

/** `full`: no room for more of the oldest epoch that is kept. */
export type Admission = 'accepted' | 'duplicate' | 'too_old' | 'full';

/** Who reported which viewpoints of one epoch. */
export interface SeenKey {
  readonly node: string;
  readonly incarnation: number;
  /** One bit per viewpoint. */
  readonly viewpoints: number;
}

/** So that a report which names no viewpoint is taken once too. */
const noViewpoint: number = 1 << Viewpoint.length;

interface Kept {
  readonly reports: EpochReport[];
  /** `node\nincarnation` to the viewpoints that were reported. */
  readonly seen: Map<string, number>;
  bytes: number;
}

export class EpochWindow {
  readonly #settings: WindowSettings;
  readonly #epochs = new Map<number, Kept>();
  /** Nothing before this epoch is taken. */
  #floor = 0;
  #bytes = 0;
  #evicted = 0;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get floor(): number {
    return this.#floor;
  }

  /** Epochs that went before their time because the bytes ran out. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Keeps it unless the same was there before. The report is retained, not copied. */
  add(report: EpochReport): Admission {
    const admission = this.admit(seenKey(report), report.epoch);
    if (admission !== 'accepted') return admission;
    const bytes = reportBytes(report);
    if (!this.#makeRoom(bytes, report.epoch)) return 'full';
    const kept = this.#kept(report.epoch);
    kept.reports.push(report);
    kept.bytes += bytes;
    this.#bytes += bytes;
    this.remember(seenKey(report), report.epoch);
    return 'accepted';
  }

  /** What `add` would say, as far as it does not depend on room. */
  admit({ node, incarnation, viewpoints }: SeenKey, epoch: number): Exclude<Admission, 'full'> {
    if (epoch < this.#floor) return 'too_old';
    const known = this.#epochs.get(epoch)?.seen.get(`${node}\n${incarnation}`) ?? 0;
    return (known & viewpoints) === 0 ? 'accepted' : 'duplicate';
  }

  /** Takes note that a report was counted, without the report: after a restart only that is known. */
  remember({ node, incarnation, viewpoints }: SeenKey, epoch: number): void {
    if (epoch < this.#floor) return;
    const { seen } = this.#kept(epoch);
    const key = `${node}\n${incarnation}`;
    seen.set(key, (seen.get(key) ?? 0) | viewpoints);
  }

  /** Forgets what is older than the window. `now` is the epoch under way. */
  advance(now: number): void {
    this.#dropBelow(now - this.#settings.epochs);
  }

  /** Reports of these epochs, both inclusive. */
  between(from: number, to: number): readonly EpochReport[] {
    const reports: EpochReport[] = [];
    for (let epoch = from; epoch <= to; epoch++) {
      for (const report of this.#epochs.get(epoch)?.reports ?? []) reports.push(report);
    }
    return reports;
  }

  /** How many reports there are of an epoch. */
  count(epoch: number): number {
    return this.#epochs.get(epoch)?.reports.length ?? 0;
  }

  /** Epochs with the keys that were counted in them. */
  *seen(): IterableIterator<readonly [epoch: number, keys: readonly SeenKey[]]> {
    for (const [epoch, { seen }] of this.#epochs) yield [epoch, [...seen].map(keyOf)];
  }

  /** The oldest epochs make room for newer ones, never for an older one. */
  #makeRoom(bytes: number, epoch: number): boolean {
    while (this.#bytes + bytes > this.#settings.maxBytes) {
      const oldest = Math.min(...this.#epochs.keys());
      if (oldest >= epoch) return false;
      this.#evicted++;
      this.#dropBelow(oldest + 1);
    }
    return true;
  }

  #dropBelow(floor: number): void {
    this.#floor = Math.max(this.#floor, floor);
    for (const [epoch, kept] of [...this.#epochs]) {
      if (epoch >= this.#floor) continue;
      this.#epochs.delete(epoch);
      this.#bytes -= kept.bytes;
    }
  }

  #kept(epoch: number): Kept {
    let kept = this.#epochs.get(epoch);
    if (kept === undefined) this.#epochs.set(epoch, (kept = { reports: [], seen: new Map(), bytes: 0 }));
    return kept;
  }
}

export function seenKey({ node, incarnation, viewpoints }: EpochReport): SeenKey {
  const bits = viewpoints.reduce((sum, viewpoint) => sum | (1 << Viewpoint.indexOf(viewpoint)), 0);
  return { node: node.node, incarnation, viewpoints: bits === 0 ? noViewpoint : bits };
}

function keyOf([key, viewpoints]: readonly [string, number]): SeenKey {
  const cut = key.lastIndexOf('\n');
  return { node: key.slice(0, cut), incarnation: Number(key.slice(cut + 1)), viewpoints };
}

/** What a report takes in memory, measured on parsed JSON with names of 20 characters; on the safe side. */
function reportBytes({ edges, totals }: EpochReport): number {
  const failures = edges.reduce((sum, edge) => sum + edge.failures.length, 0);
  return 500 + edges.length * 400 + failures * 120 + totals.length * 240;
}
