/** What Kayenta posts to a remote judge: the parts that are read, checked and bounded. */
import type { ReleaseInput, ReleaseWindow } from '../release-input.ts';

export interface MetricSetPair {
  readonly id: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Values of both arms, one per step of time; NaN where there was none. */
  readonly control: readonly number[];
  readonly experiment: readonly number[];
}

export interface JudgeRequest {
  readonly canaryConfig: {
    readonly name: string;
    readonly judgeConfigurations: Readonly<Record<string, unknown>>;
    readonly metrics: readonly { readonly name: string; readonly groups: readonly string[] }[];
  };
  readonly scoreThresholds: { readonly pass: number; readonly marginal: number };
  readonly metricSetPairList: readonly MetricSetPair[];
}

const maxPairs = 1000;
/** A week of minutes. */
const maxValues = 10_080;

/** Null for what is no such request or a larger one than 1,000 series of 10,080 values. */
export function parseJudgeRequest(input: unknown): JudgeRequest | null {
  if (!isRecord(input)) return null;
  const { canaryConfig, scoreThresholds, metricSetPairList } = input;
  if (!isRecord(canaryConfig) || !isRecord(scoreThresholds) || !Array.isArray(metricSetPairList)) return null;
  const { pass, marginal } = scoreThresholds;
  if (!isScore(pass) || !isScore(marginal) || marginal > pass || metricSetPairList.length > maxPairs)
    return null;
  const pairs = metricSetPairList.map(parsePair);
  if (!pairs.every((pair) => pair !== null)) return null;
  const judge = isRecord(canaryConfig['judge']) ? canaryConfig['judge'] : {};
  const metrics = Array.isArray(canaryConfig['metrics']) ? canaryConfig['metrics'].slice(0, maxPairs) : [];
  return {
    canaryConfig: {
      name: text(canaryConfig['name']),
      judgeConfigurations: isRecord(judge['judgeConfigurations']) ? judge['judgeConfigurations'] : {},
      metrics: metrics.filter(isRecord).map((metric) => ({
        name: text(metric['name']),
        groups: Array.isArray(metric['groups']) ? metric['groups'].filter(isText).slice(0, 100) : [],
      })),
    },
    scoreThresholds: { pass, marginal },
    metricSetPairList: pairs,
  };
}

/** The release whose verdict is asked for by name; null: judge the counts that came along. */
export function judgeRelated(
  request: JudgeRequest,
): { readonly release: string; readonly service: string } | null {
  const { release, service } = request.canaryConfig.judgeConfigurations;
  return isText(release) && release !== '' ? { release, service: text(service) } : null;
}

/**
 * The counts of a request as windows. Series with the same tags belong together; the tags `caller` and `service` name the
 * stratum, and those without both series are left out. Kayenta gives sums of an arm, not of its nodes, so two nodes with
 * equal shares are presumed: whether a single node is to blame cannot be seen from here.
 */
export function windowsOf(request: JudgeRequest): readonly ReleaseWindow[] {
  const series = new Map<string, { calls?: MetricSetPair; failures?: MetricSetPair }>();
  for (const pair of request.metricSetPairList) {
    if (pair.name !== 'calls' && pair.name !== 'failures') continue;
    const key = JSON.stringify(Object.entries(pair.tags).sort(([a], [b]) => (a < b ? -1 : 1)));
    const both = series.get(key) ?? {};
    both[pair.name] = pair;
    series.set(key, both);
  }
  const windows = new Map<number, ReleaseWindow['strata'][number][]>();
  for (const { calls, failures } of series.values()) {
    if (calls === undefined || failures === undefined) continue;
    for (const arm of ['control', 'experiment'] as const) {
      for (const [index, value] of calls[arm].entries()) {
        const failed = failures[arm][index] ?? 0;
        if (!(value > 0)) continue;
        const strata = windows.get(index) ?? [];
        strata.push(stratum({ pair: calls, arm, calls: value, failures: failed }));
        windows.set(index, strata);
      }
    }
  }
  return [...windows].sort(([a], [b]) => a - b).map(([epoch, strata]) => ({ epoch, strata }));
}

function stratum(given: {
  readonly pair: MetricSetPair;
  readonly arm: 'control' | 'experiment';
  readonly calls: number;
  readonly failures: number;
}): ReleaseWindow['strata'][number] {
  const { pair, arm, calls } = given;
  const failures = Math.min(calls, Math.max(0, given.failures || 0));
  const half = { calls: calls / 2, failures: failures / 2 };
  return {
    callerService: pair.tags['caller'] ?? '',
    calleeService: `${pair.tags['service'] ?? ''} ${JSON.stringify(pair.tags)}`,
    version: arm,
    calls,
    failures,
    nodes: ['presumed-1', 'presumed-2'].map((node) => ({ node: `${arm}-${node}`, ...half })),
  };
}

/** The counts of a request as something to judge; it is judged at its end, when Kayenta asks. */
export function releaseInputOf(request: JudgeRequest, asOf: number): ReleaseInput {
  const windows = windowsOf(request);
  const lastEpoch = windows.at(-1)?.epoch ?? 0;
  return {
    release: { id: request.canaryConfig.name, service: '', version: 'experiment', order: '', iteration: '' },
    baselineVersion: 'control',
    windows,
    stepEnds: [lastEpoch],
    fleet: { nodes: 0, canaryNodes: 0, touched: 0 },
    suspects: [],
    asOf,
    lastEpoch,
  };
}

function parsePair(input: unknown): MetricSetPair | null {
  if (!isRecord(input) || !isRecord(input['values'])) return null;
  const control = parseValues(input['values']['control']);
  const experiment = parseValues(input['values']['experiment']);
  if (control === null || experiment === null) return null;
  const tags = isRecord(input['tags']) ? Object.entries(input['tags']).slice(0, 100) : [];
  return {
    id: text(input['id']),
    name: text(input['name']),
    tags: Object.fromEntries(tags.map(([key, value]) => [key, text(value)])),
    control,
    experiment,
  };
}

/** Kayenta writes a missing value as the text "NaN". */
function parseValues(input: unknown): readonly number[] | null {
  if (input === undefined) return [];
  if (!Array.isArray(input) || input.length > maxValues) return null;
  return input.map((value) => (typeof value === 'number' ? value : Number.NaN));
}

function isScore(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 100;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function text(value: unknown): string {
  return isText(value) ? value.slice(0, 1024) : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
