/** How bad a status is, and what many of them come to: the one order that sorting, hysteresis and the whole agree on. */
import type { ComponentStatus, ComponentView } from './component.ts';

const order: Readonly<Record<ComponentStatus, number>> = {
  healthy: 0,
  degraded: 1,
  starting: 2,
  unhealthy: 3,
  stopped: 4,
};

/** 0 for healthy, and the higher the worse: degraded, starting, unhealthy, stopped. */
export function severityOf(status: ComponentStatus): number {
  return order[status];
}

export function isStatus(value: unknown): value is ComponentStatus {
  return typeof value === 'string' && Object.hasOwn(order, value);
}

/** It can carry traffic: healthy or degraded. */
export function canServe(status: ComponentStatus): boolean {
  return status === 'healthy' || status === 'degraded';
}

/**
 * The worst of the required components. At least degraded when an optional one is not healthy, or when any answer that
 * there once was has become stale; `starting` while there is no component at all.
 */
export function wholeStatus(components: readonly ComponentView[]): ComponentStatus {
  if (components.length === 0) return 'starting';
  let worst: ComponentStatus = 'healthy';
  for (const { required, status, freshness } of components) {
    const counted =
      required && status !== 'healthy'
        ? status
        : freshness === 'stale' || status !== 'healthy'
          ? 'degraded'
          : status;
    if (order[counted] > order[worst]) worst = counted;
  }
  return worst;
}
