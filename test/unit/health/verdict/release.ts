/** Releases for tests: windows of calls to two versions of `cart`, each on nodes of its own. */
import type { Suspect } from '../../../../health/infer/evidence.ts';
import type { NodeCount, ReleaseInput, ReleaseWindow } from '../../../../health/verdict/release-input.ts';
import { defaultVerdictSettings, type VerdictSettings } from '../../../../health/verdict/verdict-settings.ts';

export const acting: VerdictSettings = { ...defaultVerdictSettings, dryRun: false };

export interface ArmPlan {
  readonly calls: number;
  readonly failures: number;
  /** Failures per node, if they are not spread evenly. */
  readonly byNode?: readonly number[];
  readonly nodes?: number;
}

function nodesOf(version: string, { calls, failures, byNode, nodes = 2 }: ArmPlan): readonly NodeCount[] {
  return Array.from({ length: nodes }, (_, index) => ({
    node: `cart-${version}-${index}`,
    calls: calls / nodes,
    failures: byNode?.[index] ?? failures / nodes,
  }));
}

export function windowOf(
  epoch: number,
  arms: { canary: ArmPlan; baseline: ArmPlan; caller?: string },
): ReleaseWindow {
  const { canary, baseline, caller = 'shop' } = arms;
  return {
    epoch,
    strata: (
      [
        ['v2', canary],
        ['v1', baseline],
      ] as const
    ).map(([version, plan]) => ({
      callerService: caller,
      calleeService: 'cart',
      version,
      calls: plan.calls,
      failures: plan.failures,
      nodes: plan.calls > 0 ? nodesOf(version, plan) : [],
    })),
  };
}

/** The same window again and again, from epoch 1000 on. */
export function inputOf(
  windows: number,
  arms: Parameters<typeof windowOf>[1],
  more: Partial<ReleaseInput> = {},
): ReleaseInput {
  return {
    release: { id: '2026-11-20.3', service: 'cart', version: 'v2', order: '2026-11-20.3', iteration: '1' },
    baselineVersion: 'v1',
    windows: Array.from({ length: windows }, (_, index) => windowOf(1000 + index, arms)),
    stepEnds: null,
    fleet: { nodes: 10, canaryNodes: 2, touched: 0 },
    suspects: [],
    asOf: Date.UTC(2026, 10, 20, 9, 0, 0),
    lastEpoch: 1000 + windows - 1,
    ...more,
  };
}

const healthy = { calls: 90, failures: 0 };
export const good: ReleaseInput = inputOf(36, { canary: { calls: 30, failures: 0 }, baseline: healthy });
export const bad: ReleaseInput = inputOf(36, { canary: { calls: 30, failures: 2 }, baseline: healthy });
export const quiet: ReleaseInput = inputOf(36, { canary: { calls: 0, failures: 0 }, baseline: healthy });

export function suspectOf(version: string): Suspect {
  return {
    node: `cart-${version}-0`,
    kind: 'inbound_upstream',
    service: 'cart',
    version,
    release: '2026-11-20.3',
    theta: 0.05,
    explained: 40,
    gain: 60,
    threshold: 12,
    ambiguity: [],
    edges: [],
    contrast: [],
    sentence: `The inbound upstream module of cart-${version}-0 breaks 5 % of its calls.`,
  };
}
