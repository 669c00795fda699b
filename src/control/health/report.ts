/** From what is known of several things of one kind to the report on all of them. */
import type { ComponentReport, ComponentStatus, ItemReport } from '../../../health/static.ts';

/** As many items as a report may keep; the rest is only counted. */
const maxItems = 100;

/** The lower, the better. */
const severity: Readonly<Record<ComponentStatus, number>> = {
  healthy: 0,
  degraded: 1,
  starting: 2,
  unhealthy: 3,
  stopped: 4,
};

/**
 * As bad as its worst item, and about that one if it is not healthy. `what` says what there is while all is well:
 * `2 listeners`. Without items it is healthy.
 */
export function reportOf(items: readonly ItemReport[], what: string): ComponentReport {
  const sorted = items.toSorted((a, b) => severity[b.status] - severity[a.status]);
  const worst = sorted[0];
  const isWell = worst === undefined || worst.status === 'healthy';
  return {
    status: isWell ? 'healthy' : worst.status,
    detail: isWell ? what : sentence(worst),
    items: sorted.slice(0, maxItems),
    itemCount: items.length,
  };
}

/** The report on something that has no parts. */
export function plainReport(status: ComponentStatus, detail: string): ComponentReport {
  return { status, detail, items: [], itemCount: 0 };
}

/** `1 listener`, `3 listeners`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function sentence({ name, detail, status }: ItemReport): string {
  return `${name}: ${detail === '' ? status : detail}`;
}
