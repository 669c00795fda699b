/**
 * Four hours of a small mesh, as a scraper would have written them down, with what was really called in each minute beside
 * it. One caller, two nodes of version 1; after an hour two nodes of version 2, of whose calls one in five fails; after two
 * hours the caller's node restarts.
 */
import { calls, type Figure, failures, lineOf, nodeInfo, type View } from './edge-figures.ts';

export interface MinuteOfCalls {
  readonly version: string;
  readonly calls: number;
  readonly failures: number;
}

export interface MeshPast {
  /** Samples with timestamps in seconds, metric by metric, ended by `# EOF`. */
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** By the Unix milliseconds of the minute's end. */
  readonly minutes: ReadonlyMap<number, readonly MinuteOfCalls[]>;
}

const scrapeSeconds = 30;
const hours = 4;
const scrapesPerHour = 3600 / scrapeSeconds;

const toCart = (version: string): View => ({ role: 'outbound', side: 'upstream', service: 'cart', version });
const fromWeb: View = { role: 'inbound', side: 'downstream', service: 'web', version: '1' };

/** Ends at `toMs`, which is a whole minute. */
export function meshPast(toMs: number): MeshPast {
  const fromMs = toMs - hours * 3_600_000;
  const web = new Counters();
  const carts = ['1', '2', '3', '4'].map(() => new Counters());
  const samples = new Map<string, string[]>();
  const minutes = new Map<number, MinuteOfCalls[]>();

  for (let index = 0; index <= hours * scrapesPerHour; index++) {
    const at = fromMs / 1000 + index * scrapeSeconds;
    if (index === 2 * scrapesPerHour + 1) web.restart();
    const done = callsOf(index);
    for (const { version, node, calls: count, failures: failed } of done) {
      web.add(calls(toCart(version), count));
      if (failed > 0) web.add(failures(toCart(version), { node: `cart-${node}` }, failed));
      // Callers that give up, which nobody answers for.
      web.add(failures(toCart(version), { node: `cart-${node}`, origin: 'client', reason: 'DC' }, 1));
      carts[node - 1]?.add(calls(fromWeb, count));
      if (failed > 0) carts[node - 1]?.add(failures(fromWeb, { node: 'web-1' }, failed));
      // What was counted before the first scrape is not known to whoever reads the history.
      if (index > 0)
        addMinute(minutes, Math.ceil((at * 1000) / 60_000) * 60_000, {
          version,
          calls: count,
          failures: failed,
        });
    }
    const shown = [
      { instance: 'web-1:9901', figures: [nodeInfo('web-1', 'web', '1'), ...web.figures()] },
      ...carts.map((counters, cart) => ({
        instance: `cart-${cart + 1}:9901`,
        figures:
          cart > 1 && index <= scrapesPerHour
            ? []
            : [nodeInfo(`cart-${cart + 1}`, 'cart', cart > 1 ? '2' : '1'), ...counters.figures()],
      })),
    ];
    for (const { instance, figures } of shown)
      for (const { name, labels, value } of figures) {
        const line = lineOf({ name, labels: { ...labels, job: 'mesh', instance }, value }).trimEnd();
        const lines = samples.get(name) ?? [];
        lines.push(`${line} ${at}`);
        samples.set(name, lines);
      }
  }
  const blocks = [...samples].map(([, lines]) => lines.join('\n'));
  return { text: `${blocks.join('\n')}\n# EOF\n`, fromMs, toMs, minutes };
}

interface Calls extends MinuteOfCalls {
  readonly node: number;
}

/** What was called between two scrapes. */
function callsOf(index: number): readonly Calls[] {
  const stable = [1, 2].map((node) => ({
    version: '1',
    node,
    calls: 10 + (index % 3),
    failures: index % 40 === 7 && node === 1 ? 1 : 0,
  }));
  if (index <= scrapesPerHour) return stable;
  return [
    ...stable,
    ...[3, 4].map((node) => ({ version: '2', node, calls: 5, failures: (index + node) % 2 === 0 ? 2 : 0 })),
  ];
}

class Counters {
  readonly #figures = new Map<string, Figure>();

  add(figure: Figure): void {
    const key = lineOf({ ...figure, value: 0 });
    const known = this.#figures.get(key);
    this.#figures.set(key, { ...figure, value: (known?.value ?? 0) + figure.value });
  }

  restart(): void {
    this.#figures.clear();
  }

  figures(): readonly Figure[] {
    return [...this.#figures.values()];
  }
}

function addMinute(minutes: Map<number, MinuteOfCalls[]>, endMs: number, counted: MinuteOfCalls): void {
  const rows = minutes.get(endMs) ?? [];
  const index = rows.findIndex(({ version }) => version === counted.version);
  const known = rows[index];
  const { version, calls: count, failures: failed } = counted;
  if (known === undefined) rows.push({ version, calls: count, failures: failed });
  else rows[index] = { version, calls: known.calls + count, failures: known.failures + failed };
  minutes.set(endMs, rows);
}
