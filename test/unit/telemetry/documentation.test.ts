/** The pages on metrics, access logs and tracing say what the code does, in both directions. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BreakerGauges } from '../../../src/cluster/index.ts';
import { measureClusters } from '../../../src/control/cluster-metrics.ts';
import { EdgeCounts } from '../../../src/control/mesh/edge-counts.ts';
import { measureEdges } from '../../../src/control/mesh/edge-metrics.ts';
import { measureHealth, type MeasuredHealth } from '../../../src/control/health/metrics.ts';
import { measureNode } from '../../../src/control/node-metrics.ts';
import { HolmesMetrics } from '../../../src/control/self-diagnosis/metrics.ts';
import { ManualClock } from '../../../src/base/index.ts';
import { operators } from '../../../src/telemetry/access-log/operator.ts';
import { accessLogProblems, responseFlagNames } from '../../../src/telemetry/index.ts';
import { MeshFigures } from './mesh-figures.ts';

function page(name: string): string {
  return readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
}

/** The cells of each row whose first cell is code. */
function codeRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

/** The part below a heading, up to the next one. */
function section(text: string, heading: string): string {
  const part = text.split(/^## /m).find((candidate) => candidate.startsWith(`${heading}\n`));
  expect(part, `section ${heading}`).toBeDefined();
  return part ?? '';
}

const noHealth: MeasuredHealth = {
  snapshot: { at: 0, status: 'starting', components: [], transitions: [] },
  gate: { state: 'closed', hasOpened: false, waitingFor: [], override: null, since: 0 },
  onTransition: () => () => {},
};

describe('docs/metrics.md', () => {
  test('lists every metric with its type, labels and meaning, and no other', () => {
    const documented = codeRows(page('metrics.md')).map(([name, type, labels, meaning]) => ({
      name: name?.replaceAll('`', ''),
      type,
      labels: labels === '' ? [] : labels?.replaceAll('`', '').split(', '),
      meaning,
    }));
    const { registry } = new MeshFigures();
    expect(new HolmesMetrics(registry)).toBeDefined();
    measureHealth(registry, noHealth);
    const counts = new EdgeCounts({ clock: new ManualClock(), threads: () => 1 });
    measureEdges(registry, counts);
    measureClusters(registry, { all: [] }, new BreakerGauges());
    measureNode(registry, () => ({ id: '', service: '', version: '', release: '' }));
    counts.close();
    const metrics = registry.getMetricsAsArray() as unknown as {
      name: string;
      type: string;
      labelNames: readonly string[];
      help: string;
    }[];
    const actual = metrics.map(({ name, type, labelNames, help }) => ({
      name,
      type,
      labels: [...labelNames],
      meaning: help,
    }));
    const byName = (a: { name: string | undefined }, b: { name: string | undefined }): number =>
      (a.name ?? '') < (b.name ?? '') ? -1 : 1;
    expect(actual.length).toBeGreaterThan(60);
    expect(documented.sort(byName)).toEqual(actual.sort(byName));
  });

  test('says how many series an entity has', async () => {
    const table = section(page('metrics.md'), 'How many series there are');
    const mesh = new MeshFigures();
    mesh.thread(1);
    const count = async (kind: string, except: RegExp = /$^/): Promise<number> =>
      (await mesh.lines()).filter((line) => line.startsWith(`meshlock_${kind}_`) && !except.test(line))
        .length;
    const endpoint = /10\.0\.0\.2/;
    const idle = [
      await count('listener'),
      await count('route'),
      await count('cluster'),
      await count('endpoint', endpoint),
    ];
    mesh.exchange(mesh.thread(2));
    mesh.exposition.retireThread(1);
    const busy = [
      await count('listener'),
      await count('route'),
      await count('cluster'),
      await count('endpoint', endpoint),
    ];
    const thread = (await mesh.lines()).filter((line) => line.includes('thread="2"')).length;
    expect(table).toContain(`| listener | ${idle[0]} | ${busy[0]} |`);
    expect(table).toContain(`| route | ${idle[1]} | ${busy[1]} |`);
    expect(table).toContain(`| cluster | ${idle[2]} | ${busy[2]} |`);
    expect(table).toContain(`| endpoint | ${idle[3]} | ${busy[3]} |`);
    expect(table).toContain(`| thread | | ${thread} |`);
  });
});

describe('docs/access-log.md', () => {
  test('lists every operator, and no other', () => {
    const documented = codeRows(section(page('access-log.md'), 'Format')).map(([cell]) =>
      cell?.replace(/^`%([A-Z_]+).*$/, '$1'),
    );
    expect(documented.length).toBeGreaterThan(20);
    expect(new Set(documented)).toEqual(new Set(Object.keys(operators)));
    expect(documented).toHaveLength(Object.keys(operators).length);
  });

  test('shows only formats that have no problems', () => {
    const text = page('access-log.md');
    const shown = [...text.matchAll(/'([^'\n]*%[^'\n]*)'/g)].map((match) => match[1]!);
    const operatorCells = codeRows(section(text, 'Format')).map(([cell]) => cell!.replaceAll('`', ''));
    expect(shown.length).toBeGreaterThan(3);
    for (const format of [...shown, ...operatorCells]) {
      expect({ format, problems: accessLogProblems(format) }).toEqual({ format, problems: [] });
    }
    const specifiers = /A time format knows `([^`]+)`/.exec(text)?.[1] ?? '';
    expect(accessLogProblems(`%START_TIME(${specifiers} %1f %f %E3S)%`)).toEqual([]);
    for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') {
      const isKnown = accessLogProblems(`%START_TIME(%${letter})%`).length === 0;
      expect({ letter, isKnown }).toEqual({
        letter,
        isKnown: letter === 'f' || specifiers.includes(`%${letter}`),
      });
    }
  });

  test('lists every response flag, and no other', () => {
    const documented = codeRows(section(page('access-log.md'), 'Response flags')).map(([cell]) =>
      cell?.replaceAll('`', ''),
    );
    expect(documented).toEqual([...responseFlagNames]);
  });

  test('names metrics that exist', () => {
    const names = new Set(new MeshFigures().registry.getMetricsAsArray().map((metric) => metric.name));
    for (const file of ['access-log.md', 'tracing.md']) {
      const named = [...page(file).matchAll(/meshlock_[a-z_]+_total/g)].map((match) => match[0]);
      expect(named.length).toBeGreaterThan(0);
      for (const name of named) expect(names).toContain(name);
    }
  });
});
