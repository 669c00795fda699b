/** Prometheus text as a scraper reads it: strictly, into samples that can be looked up, added and compared. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Labels = Readonly<Record<string, string>>;

export class Samples {
  readonly all: readonly Sample[];
  /** By the name behind `# TYPE`. */
  readonly types: ReadonlyMap<string, string>;

  constructor(all: readonly Sample[], types: ReadonlyMap<string, string>) {
    this.all = all;
    this.types = types;
  }

  /** Samples of that name that have these labels. */
  find(name: string, labels: Labels = {}): Sample[] {
    return this.all.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
  }

  /** Their sum. There must be one, so that a mistyped name is not zero. */
  sum(name: string, labels: Labels = {}): number {
    const found = this.find(name, labels);
    if (found.length === 0) throw new Error(`there is no sample ${name} ${JSON.stringify(labels)}`);
    return found.reduce((sum, { value }) => sum + value, 0);
  }

  /** The same where an entity may not be there yet. */
  sumOr0(name: string, labels: Labels = {}): number {
    return this.find(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  /** What may only rise: counters, and the buckets, sums and counts of histograms and summaries; by series. */
  rising(): Map<string, number> {
    const series = new Map<string, number>();
    for (const { name, labels, value } of this.all) {
      const type = this.types.get(name) ?? this.types.get(name.replace(/_(bucket|sum|count|total)$/, ''));
      if (type === undefined) throw new Error(`${name} has no type`);
      if (type !== 'gauge') series.set(`${name}${JSON.stringify(labels)}`, value);
    }
    return series;
  }
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: # \{.*)?$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;

/** Reads both formats; throws at the first line that is neither sample nor comment. */
export function readSamples(text: string): Samples {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('#')) {
      const [, keyword, name = '', type = ''] = line.split(' ');
      if (keyword === 'TYPE') types.set(name, type);
      continue;
    }
    const found = sampleLine.exec(line);
    const value = Number(found?.[3]?.replace('+Inf', 'Infinity'));
    if (found === null || Number.isNaN(value)) throw new Error(`not a sample: ${line}`);
    samples.push({ name: found[1]!, labels: readLabels(found[2] ?? '', line), value });
  }
  return new Samples(samples, types);
}

function readLabels(text: string, line: string): Labels {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const found = label.exec(text);
    if (found === null) throw new Error(`not labels: ${line}`);
    labels[found[1]!] = found[2]!.replace(/\\(.)/g, (_, character: string) =>
      character === 'n' ? '\n' : character,
    );
  }
  return labels;
}

/** Takes scrape after scrape and says which series have run backwards. */
export class Monotone {
  readonly fallen: string[] = [];
  scrapes = 0;
  #last = new Map<string, number>();

  take(samples: Samples): void {
    this.scrapes++;
    const now = samples.rising();
    for (const [series, value] of now) {
      const before = this.#last.get(series);
      if (before !== undefined && value < before) this.fallen.push(`${series}: ${before} -> ${value}`);
    }
    // What has vanished comes back with its old count, so it is still compared.
    this.#last = new Map([...this.#last, ...now]);
  }
}
