/** A run as Markdown: absolute figures, which belong to one machine, and ratios, which travel. */
import type { PeerName } from '../peers/peer.ts';
import { type Scenario, scenarios } from '../scenarios.ts';
import type { Metric, Results } from './results.ts';
import { cellsOf, problemOf, ratio, reading, type Summary } from './statistics.ts';
import { judgeAll, type Verdict } from './targets.ts';

interface Column {
  readonly title: string;
  readonly metric: Metric;
  readonly show: (value: number) => string;
  /** Ratio to nginx instead of the figure itself. */
  readonly toNginx?: boolean;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const tenths = (value: number): string => value.toFixed(1);
const hundredths = (value: number): string => value.toFixed(2);
const megabytes = (value: number): string => (value / 1e6).toFixed(1);
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

const columnsOf: Readonly<Record<Scenario['kind'], readonly Column[]>> = {
  load: [
    { title: 'requests/s', metric: 'requestsPerSecond', show: whole },
    { title: 'times nginx', metric: 'requestsPerSecond', show: hundredths, toNginx: true },
    { title: 'CPU µs/request', metric: 'cpuMicrosPerRequest', show: tenths },
    { title: 'of it busiest thread', metric: 'busiestThreadCpuMicrosPerRequest', show: tenths },
    { title: 'p50 ms', metric: 'p50Ms', show: hundredths },
    { title: 'p99 ms', metric: 'p99Ms', show: hundredths },
    { title: 'peak RSS MB', metric: 'peakResidentBytes', show: megabytes },
    { title: 'its core used', metric: 'proxyCoreShare', show: percent },
    { title: 'by others', metric: 'foreignCoreShare', show: percent },
    { title: 'load cores used', metric: 'loadCoreShare', show: percent },
  ],
  idle: [
    { title: 'RSS before MB', metric: 'idleBaseBytes', show: megabytes },
    { title: 'RSS added MB', metric: 'idleAddedBytes', show: megabytes },
    { title: 'CPU of one core', metric: 'idleCoreShare', show: percent },
  ],
  start: [{ title: 'ms', metric: 'startMs', show: whole }],
};

const comparedMetrics: readonly Column[] = [
  { title: 'requests/s', metric: 'requestsPerSecond', show: hundredths },
  { title: 'requests per CPU second', metric: 'requestsPerCpuSecond', show: hundredths },
  { title: 'p50', metric: 'p50Ms', show: hundredths },
  { title: 'p99', metric: 'p99Ms', show: hundredths },
  { title: 'peak RSS', metric: 'peakResidentBytes', show: hundredths },
];

/** A process that fills its core shows a little less, because the load needs a moment to start and to end. */
const FULL_CORE_SHARE = 0.93;

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '/')).join(' | ')} |`;
  const rule = `|---|${head
    .slice(1)
    .map(() => '---:|')
    .join('')}`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function spread(found: Summary | null, show: (value: number) => string): string {
  if (found === null) return '-';
  const range = found.count > 1 ? ` (${show(found.lowest)}-${show(found.highest)})` : '';
  return show(found.median) + range;
}

function absoluteRow(results: Results, scenario: Scenario, peer: PeerName): string[] {
  const columns = columnsOf[scenario.kind];
  const problem = problemOf(results, scenario.name, peer);
  if (problem !== null) return [peer, problem, ...columns.slice(1).map(() => '')];
  const figures = columns.map(({ metric, show, toNginx }) => {
    const wanted = { scenario: scenario.name, peer, metric };
    const found = toNginx === true ? ratio(results, wanted, 'nginx') : reading(results, wanted);
    return found === null ? '-' : show(found.median);
  });
  return [peer, ...figures];
}

function comparison(results: Results, scenario: Scenario, others: readonly PeerName[]): string {
  const rows = others
    .map((other) => [
      `to ${other}`,
      ...comparedMetrics.map(({ metric, show }) =>
        spread(ratio(results, { scenario: scenario.name, peer: scenario.base, metric }, other), show),
      ),
    ])
    .filter((row) => row.slice(1).some((cell) => cell !== '-'));
  if (rows.length === 0) return '';
  const head = ['', ...comparedMetrics.map(({ title }) => title)];
  return `${scenario.base} divided by each, per round, median (lowest-highest):\n\n${markdownTable(head, rows)}`;
}

/** Proxies that did not fill their core: the load, or something else on the core, was the limit. */
function heldBack(results: Results, scenario: Scenario, proxies: readonly PeerName[]): string {
  if (scenario.kind !== 'load') return '';
  const names = proxies.filter((peer) => {
    const share = reading(results, { scenario: scenario.name, peer, metric: 'proxyCoreShare' });
    return share !== null && share.median < FULL_CORE_SHARE;
  });
  if (names.length === 0) return '';
  return `Not held back by their own core: ${names.join(', ')}. Read their requests/s as a lower bound and compare CPU per request.`;
}

function section(results: Results, scenario: Scenario): string {
  const proxies = scenario.peers.filter((peer) => cellsOf(results, scenario.name, peer).length > 0);
  if (proxies.length === 0) return '';
  const ceiling = results.ceilings[scenario.name];
  const head = ['', ...columnsOf[scenario.kind].map(({ title }) => title)];
  const rows = proxies.map((peer) => absoluteRow(results, scenario, peer));
  const others = scenario.kind === 'load' ? proxies.filter((peer) => peer !== scenario.base) : [];
  const parts = [
    `## ${scenario.title} (\`${scenario.name}\`)`,
    'Absolute figures of this machine, medians:',
    markdownTable(head, rows),
    ceiling === undefined
      ? ''
      : `The load straight at the upstream, without a proxy: ${whole(ceiling)} requests/s.`,
    heldBack(results, scenario, proxies),
    comparison(results, scenario, others),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  return markdownTable(
    ['target', 'figure', 'verdict'],
    verdicts.map(({ target, figure, verdict }) => [target, figure, verdict]),
  );
}

function warnings(results: Results): string[] {
  const found: string[] = [];
  const { machine } = results;
  if (results.quick) found.push('A quick run: it proves that the harness works, and its figures are noise.');
  if (machine.cores.sharedPhysicalCore === true)
    found.push('The proxy and the load shared one physical core.');
  const disturbed = results.cells.filter(
    ({ outcome }) =>
      outcome.status === 'measured' &&
      (outcome.figures.foreignCoreShare ?? 0) + (outcome.figures.stolenCoreShare ?? 0) > 0.05,
  ).length;
  if (disturbed > 0) {
    found.push(
      `Something else took more than 5 % of the proxy's core in ${disturbed} of ${results.cells.length} cells.`,
    );
  }
  return found;
}

export function renderMarkdown(results: Results): string {
  const { machine, versions } = results;
  const notes = warnings(results).map((warning) => `- **${warning}**`);
  const parts = [
    `# Benchmark of ${results.startedAt.slice(0, 10)}`,
    `How this is measured and how to read it: [docs/benchmarks.md](../../docs/benchmarks.md).`,
    [
      `- ${machine.processor}, ${machine.coreCount} cores: proxy on core ${machine.cores.proxy}, load and upstream on ${machine.cores.load.join(', ')}`,
      `- Linux ${machine.kernel}, load average at start ${machine.loadAverage}, ${results.rounds} rounds, ${Math.round(results.seconds)} s in all`,
      `- Meshlock at ${results.revision}, ${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join('; ')}`,
      ...notes,
    ].join('\n'),
    `## Targets\n\n${verdictTable(judgeAll(results))}`,
    ...scenarios(results.quick).map((scenario) => section(results, scenario)),
  ];
  return `${parts
    .filter((part) => part !== '')
    .join('\n\n')
    .trimEnd()}\n`;
}
