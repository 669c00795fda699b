/**
 * Whether traffic may flow: pure, so that each rule can be read and tested. Before the first opening a component must be
 * known, fresh and able to serve. Afterwards only a component that is known not to work closes the gate: not knowing is
 * a reason not to begin, and no reason to drop what works.
 */
import type { ComponentView } from './component.ts';
import type { GateInput, GateView } from './gate.ts';
import { canServe } from './severity.ts';

/** So many reasons are named; more are counted. */
const maxReasons = 100;

export function decideGate(input: GateInput): Omit<GateView, 'since'> {
  const { components, failedByHand, now } = input;
  const override = input.override !== null && input.override.until > now ? input.override : null;
  const missing = missingIn(components, input.hasOpened);
  const forced = forcedReason(failedByHand, override);
  const open = forced === null && (missing.length === 0 || override?.to === 'open');
  return {
    state: open ? 'open' : 'closed',
    // What an override opened has not proved itself: when it expires, the components decide as at the beginning.
    hasOpened: input.hasOpened || (open && missing.length === 0),
    waitingFor: open ? [] : bounded(forced === null ? missing : [forced, ...missing]),
    override,
  };
}

/** Why this component keeps the gate closed, in words, or null. An optional one never does. */
export function blockedBy(component: ComponentView, hasOpened: boolean): string | null {
  const { kind, name, required, status, freshness, detail } = component;
  if (!required) return null;
  const label = `${kind} ${name}`;
  if (!canServe(status) && !(hasOpened && status === 'starting')) {
    return freshness === 'unknown' || detail === ''
      ? `${label}: ${freshness === 'unknown' ? 'not checked yet' : status}`
      : `${label}: ${detail}`;
  }
  if (hasOpened || freshness === 'fresh') return null;
  return `${label}: ${freshness === 'stale' ? 'was not checked for three periods' : 'not checked yet'}`;
}

function missingIn(components: readonly ComponentView[], hasOpened: boolean): readonly string[] {
  const missing = components
    .map((component) => blockedBy(component, hasOpened))
    .filter((reason) => reason !== null);
  // With nothing required, or nothing registered, the list would be empty before anything was looked at.
  const blind =
    !hasOpened && missing.length === 0 && components.every(({ freshness }) => freshness === 'unknown');
  return blind ? ['no component has been checked yet'] : missing;
}

/** Failing by hand wins over an override to open: somebody is taking the node away at this moment. */
function forcedReason(failedByHand: boolean, override: GateInput['override']): string | null {
  if (failedByHand) return 'it was failed by hand';
  if (override?.to !== 'closed') return null;
  return `${override.by} keeps it closed until ${new Date(override.until).toISOString()}: ${override.reason}`;
}

function bounded(reasons: readonly string[]): readonly string[] {
  if (reasons.length <= maxReasons) return reasons;
  return [...reasons.slice(0, maxReasons - 1), `and ${reasons.length - maxReasons + 1} more`];
}
