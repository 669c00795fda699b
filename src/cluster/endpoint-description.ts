/** One endpoint as the admin plane shows it: what is known of it, and in words why it is or is not used. */
import type { EndpointConfig } from '../config/index.ts';
import type { CheckResult, EndpointChecker, Health } from './health-check/endpoint-checker.ts';
import type { Ejection } from './outlier-detection/outlier-detector.ts';

export interface EndpointDescription {
  readonly endpoint: string;
  readonly weight: number;
  readonly priority: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** `checking`: the first health check has no result yet. */
  readonly health: Health | 'checking';
  readonly usable: boolean;
  /** Why it is or is not usable. */
  readonly reason: string;
  readonly ejection: Ejection | null;
  /** The last outlier detection that did not eject it, and why not. */
  readonly spared: string | null;
  readonly lastCheck: (CheckResult & { readonly ageMs: number }) | null;
  /** Unix milliseconds; 0: for ever, or not usable. */
  readonly usableSinceMs: number;
}

export interface KnownOfEndpoint {
  readonly key: string;
  readonly endpoint: EndpointConfig;
  /** `null`: not checked. */
  readonly checker: EndpointChecker | null;
  readonly usable: boolean;
  readonly usableSinceMs: number;
  readonly ejection: Ejection | null;
  readonly spared: string | null;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

export function describeEndpoint(known: KnownOfEndpoint): EndpointDescription {
  const { checker, endpoint, ejection } = known;
  const last = checker?.last ?? null;
  const health = checker === null ? 'healthy' : checker.decided ? checker.health : 'checking';
  return {
    endpoint: known.key,
    weight: endpoint.weight,
    priority: endpoint.priority,
    metadata: endpoint.metadata,
    health,
    usable: known.usable,
    reason: reasonOf(health, last, ejection),
    ejection,
    spared: known.spared,
    lastCheck: last === null ? null : { ...last, ageMs: known.nowMs - last.atMs },
    usableSinceMs: known.usableSinceMs,
  };
}

function reasonOf(
  health: EndpointDescription['health'],
  last: CheckResult | null,
  ejection: Ejection | null,
): string {
  const check = last === null ? '' : `: ${last.detail}`;
  if (health === 'checking') return `waits for its first health check${check}`;
  if (health === 'unhealthy') return `health check fails${check}`;
  if (ejection !== null) return `ejected: ${ejection.reason}`;
  return last === null ? 'not checked' : `health check passes${check}`;
}
