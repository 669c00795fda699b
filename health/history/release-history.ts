/**
 * Hours of calls to a service, by version and caller, as a PromQL engine has kept them: in the windows that a verdict is
 * judged from. Reads the metrics that are described in `alerts/recording.yaml`.
 */
import { epochMs, epochOf } from '../observe/viewpoint.ts';
import type { ReleaseWindow } from '../verdict/release-input.ts';
import { growthOf } from './counter-steps.ts';
import type { HistoryClient } from './history-client.ts';
import { HistoryError } from './history-error.ts';
import { NodeNames, targetOf } from './node-names.ts';
import type { Series } from './query-answer.ts';
import { WindowSums } from './window-sums.ts';

export interface HistoryQuestion {
  readonly service: string;
  /**
   * Unix milliseconds up to which is read, rounded down to a step. VictoriaMetrics holds its last 30 s back unless it was
   * started with another `-search.latencyOffset`: a younger end gives fewer calls in the last window.
   */
  readonly untilMs: number;
  /** 0 to 168. */
  readonly hours: number;
  /** Length of a window, a whole number of epochs and at least the scrape interval; a minute unless told. */
  readonly stepMs?: number;
  /** Where the calls are counted: at their callers' nodes unless told. */
  readonly viewpoint?: 'outbound_upstream' | 'inbound_downstream';
  /** Labels that all series must have, such as `{ job: 'mesh' }`. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ReleaseHistory {
  /** By epoch, ascending: the first epoch of each window that had calls. */
  readonly windows: readonly ReleaseWindow[];
  /** By version, the release order that brought it, where a node said so. */
  readonly releases: ReadonlyMap<string, string>;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const maxHours = 168;

/**
 * The calls that a client caused to fail count as calls only. What a node counted before its first scrape is left out, so
 * it is never more than there was. Throws `HistoryError`.
 */
export async function readReleaseHistory(
  client: HistoryClient,
  question: HistoryQuestion,
): Promise<ReleaseHistory> {
  const {
    service,
    untilMs,
    hours,
    stepMs = minuteMs,
    viewpoint = 'outbound_upstream',
    labels = {},
  } = question;
  if (!(hours > 0 && hours <= maxHours))
    throw new HistoryError('query', `${hours} hours of history are not more than 0 and at most ${maxHours}`);
  if (!(stepMs >= epochMs && stepMs % epochMs === 0))
    throw new HistoryError(
      'query',
      `a window of ${stepMs} ms is not a whole number of epochs of ${epochMs} ms`,
    );
  const toMs = Math.floor(untilMs / stepMs) * stepMs;
  const fromMs = toMs - Math.ceil((hours * hourMs) / stepMs) * stepMs;
  const queries = queriesOf({ service, viewpoint, labels });
  const [info, requests, failures] = await Promise.all(
    queries.map((query) => client.range({ query, fromMs, toMs, stepMs })),
  );
  const names = new NodeNames(info ?? []);
  const sums = new WindowSums({ names, service, viewpoint });
  addGrowth(sums, { series: requests ?? [], stepMs, kind: 'calls' });
  addGrowth(sums, { series: failures ?? [], stepMs, kind: 'failures' });
  const windows = sums.windows().map(({ atMs, strata }) => ({ epoch: epochOf(atMs - stepMs), strata }));
  const versions = new Set(windows.flatMap(({ strata }) => strata.map(({ version }) => version)));
  return {
    windows,
    releases: new Map([...versions].map((version) => [version, names.releaseOf(service, version)])),
    fromMs,
    toMs,
    stepMs,
  };
}

interface GrowthSource {
  readonly series: readonly Series[];
  readonly stepMs: number;
  readonly kind: 'calls' | 'failures';
}

function addGrowth(sums: WindowSums, { series, stepMs, kind }: GrowthSource): void {
  for (const one of series) {
    const target = targetOf(one.labels);
    for (const { atMs, by } of growthOf(one, stepMs, (previousMs) => sums.names.has(target, previousMs)))
      sums.add({ labels: one.labels, atMs, count: by, kind });
  }
}

type QueryParts = Required<Pick<HistoryQuestion, 'service' | 'viewpoint' | 'labels'>>;

/** Nodes, calls and failures, in this order. */
function queriesOf({ service, viewpoint, labels }: QueryParts): readonly string[] {
  const common = Object.entries(labels).map(([name, value]) => matcher(name, value));
  const [role = '', side = ''] = viewpoint.split('_');
  const view = [matcher('role', role), matcher('side', side), ...common];
  const info = `meshlock_node_info{${common.join(', ')}}`;
  if (viewpoint === 'outbound_upstream') {
    const edges = [...view, matcher('peer_service', service)].join(', ');
    return [
      info,
      `meshlock_edge_requests_total{${edges}}`,
      `meshlock_edge_failures_total{${edges}, origin!="client"}`,
    ];
  }
  // What the called node counts is told apart by who it is itself.
  const own = `meshlock_node_info{${[matcher('node_service', service), ...common].join(', ')}}`;
  const edges = view.join(', ');
  return [
    info,
    `meshlock_edge_requests_total{${edges}} and on (job, instance) ${own}`,
    `meshlock_edge_failures_total{${edges}, origin!="client"} and on (job, instance) ${own}`,
  ];
}

function matcher(name: string, value: string): string {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    throw new HistoryError('query', `${JSON.stringify(name)} is no name of a label`);
  return `${name}=${JSON.stringify(value)}`;
}
