/** `/stats`: every figure under Envoy's dotted names, for the agents and the people that read Envoy's. */
import type { Pattern } from '../pattern.ts';
import { json, text } from '../reply.ts';
import type { AdminParameter, AdminRoute } from '../route.ts';
import type { AdminSource, Stat } from '../source.ts';
import { exposition } from './metrics.ts';

/** Envoy's words for the kinds. */
const kinds = {
  Counters: 'counter',
  Gauges: 'gauge',
  Histograms: 'histogram',
  TextReadouts: 'text',
} as const;

const parameters: readonly AdminParameter[] = [
  { name: 'usedonly', summary: 'Leave out what has never been written.', value: 'flag' },
  { name: 'filter', summary: 'Only names in which this pattern is found.', value: 'pattern' },
  { name: 'type', summary: 'Only one kind.', value: ['All', ...Object.keys(kinds)] },
];

export function statsRoutes(source: AdminSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/stats',
      summary: "Figures under Envoy's names, as name: value.",
      formats: ['text', 'json', 'prometheus'],
      parameters,
      handle: (request) => {
        const { query } = request;
        if (request.format === 'prometheus') return exposition(source, request);
        const type = Object.entries(kinds).find(([word]) => word === query.text('type'))?.[1] ?? null;
        const stats = select(source.stats(), {
          usedOnly: query.flag('usedonly'),
          filter: query.pattern('filter'),
          type,
        });
        return request.format === 'json'
          ? json(200, statsJson(stats))
          : text(200, stats.map(line).join('\n'));
      },
    },
  ];
}

interface Selection {
  readonly usedOnly: boolean;
  readonly filter: Pattern | null;
  readonly type: Stat['type'] | null;
}

/** Sorted by name. */
function select(stats: readonly Stat[], selection: Selection): Stat[] {
  const { usedOnly, filter, type } = selection;
  return stats
    .filter((stat) => (!usedOnly || stat.used) && (type === null || stat.type === type))
    .filter((stat) => filter === null || filter.find(stat.name))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function line(stat: Stat): string {
  if (stat.type === 'text') return `${stat.name}: ${JSON.stringify(stat.value)}`;
  if (stat.type !== 'histogram') return `${stat.name}: ${stat.value}`;
  if (stat.quantiles.every(({ value }) => value === null)) return `${stat.name}: No recorded values`;
  const quantiles = stat.quantiles.map(({ quantile, value }) => `P${percent(quantile)}(${value ?? 'nan'})`);
  return `${stat.name}: ${quantiles.join(' ')}`;
}

/** Envoy's JSON: simple figures one by one, then all histograms in one entry. */
function statsJson(stats: readonly Stat[]): object {
  const entries: object[] = [];
  const histograms: (Stat & { type: 'histogram' })[] = [];
  for (const stat of stats) {
    if (stat.type === 'histogram') histograms.push(stat);
    else entries.push({ name: stat.name, value: stat.value });
  }
  if (histograms.length > 0) entries.push({ histograms: histogramsJson(histograms) });
  return { stats: entries };
}

function histogramsJson(histograms: readonly (Stat & { type: 'histogram' })[]): object {
  return {
    supported_quantiles: histograms[0]!.quantiles.map(({ quantile }) => percent(quantile)),
    computed_quantiles: histograms.map(({ name, quantiles }) => ({
      name,
      values: quantiles.map(({ value }) => ({ cumulative: value })),
    })),
  };
}

/** 0.999 is 99.9, without the noise of binary fractions. */
function percent(quantile: number): number {
  return Math.round(quantile * 100_000) / 1_000;
}
