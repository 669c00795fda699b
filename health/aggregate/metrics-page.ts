/** A page in the text form of Prometheus, family by family. */

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];
export type MetricType = 'counter' | 'gauge';

export class MetricsPage {
  readonly #lines: string[] = [];

  /** A family without samples is told too: that it exists, and is empty. `help` is one line. */
  family(name: string, type: MetricType, help: string, samples: Iterable<Sample>): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of samples) this.#lines.push(`${name}${labelText(labels)} ${value}`);
  }

  counter(name: string, help: string, value: number): void {
    this.family(name, 'counter', help, [[{}, value]]);
  }

  gauge(name: string, help: string, value: number): void {
    this.family(name, 'gauge', help, [[{}, value]]);
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
