/** Whether this process should get traffic, and what stands in the way if not. A pure decision over what is known. */
import type { ComponentReadiness, Readiness } from '../admin/index.ts';
import type { ThreadReport } from './thread-group.ts';

export interface ReadinessFacts {
  /** Not drained, not failed by hand. */
  readonly phase: 'starting' | 'serving' | 'draining';
  /** `/healthcheck/fail` was called. */
  readonly failedByHand: boolean;
  readonly closedListeners: 'none' | 'inbound' | 'all';
  readonly threads: readonly ThreadReport[];
  /** Of the snapshot that brought the configuration in force; 0 before the first. */
  readonly snapshotVersion: number;
  readonly listeners: readonly string[];
  /** Clusters without a first look-up or health check. */
  readonly warming: readonly string[];
  /** Nothing is accepted before the gate opens. */
  readonly isHeld: boolean;
  /** What the gate waits for, or why somebody closed it; empty while it is open. */
  readonly gate: readonly string[];
}

/**
 * Ready: every data thread serves the configuration with all its listeners, or is being replaced while another one
 * serves. A stalled thread makes it unready, because connections that the kernel gives to it hang.
 */
export function readinessOf(facts: ReadinessFacts): Readiness {
  const components = [
    ...threadReadinesses(facts),
    ...listenerReadinesses(facts),
    ...(facts.phase === 'starting' ? facts.warming.map(clusterReadiness) : []),
  ];
  const reasons = [
    ...phaseReasons(facts),
    ...components.filter(({ ready }) => !ready).map(({ name, reason }) => `${name}: ${reason}`),
  ];
  return { ready: reasons.length === 0, reasons, components };
}

/** One for each data thread, in their order. */
export function threadReadinesses(facts: ReadinessFacts): readonly ComponentReadiness[] {
  const serving = isServing(facts);
  return facts.threads.map((thread) => threadReadiness(thread, facts, serving));
}

/** One for each listener of the configuration, in their order. */
export function listenerReadinesses(facts: ReadinessFacts): readonly ComponentReadiness[] {
  const serving = isServing(facts);
  return facts.listeners.map((name) => listenerReadiness(name, facts, serving));
}

function isServing(facts: ReadinessFacts): boolean {
  return facts.threads.some((thread) => threadGap(thread, facts) === '' && thread.state !== 'dead');
}

function phaseReasons({
  phase,
  failedByHand,
  closedListeners,
  snapshotVersion,
  gate,
}: ReadinessFacts): string[] {
  const reasons: string[] = [];
  if (phase === 'draining') reasons.push('the process is draining');
  if (failedByHand) reasons.push('failed by hand: POST /healthcheck/ok ends it');
  if (closedListeners !== 'none') {
    reasons.push(`${closedListeners === 'all' ? 'all' : 'inbound'} listeners were drained by hand`);
  }
  if (snapshotVersion === 0) reasons.push('no configuration is in force yet');
  reasons.push(...gate.map((reason) => `the gate is closed: ${reason}`));
  return reasons;
}

/** What keeps a thread from serving; empty when nothing does, also for one that is dead. */
function threadGap(
  { state, appliedVersion, failures }: ThreadReport,
  { snapshotVersion }: ReadinessFacts,
): string {
  if (state === 'dead') return '';
  if (state === 'stalled') return 'it is stalled';
  if (failures.length > 0) return `it cannot open ${failures.map(({ listener }) => listener).join(', ')}`;
  if (state === 'starting') return 'it is starting';
  return appliedVersion < snapshotVersion ? 'it has not applied the configuration yet' : '';
}

function threadReadiness(
  thread: ThreadReport,
  facts: ReadinessFacts,
  othersServe: boolean,
): ComponentReadiness {
  const name = `data thread ${thread.thread}`;
  const isBeingReplaced = thread.state === 'dead' || (thread.state === 'starting' && thread.restarts > 0);
  if (isBeingReplaced) {
    return { name, ready: othersServe, reason: othersServe ? '' : 'it is being replaced' };
  }
  const reason = threadGap(thread, facts);
  return { name, ready: reason === '', reason };
}

function listenerReadiness(
  name: string,
  { threads, isHeld }: ReadinessFacts,
  serving: boolean,
): ComponentReadiness {
  const failure = threads.flatMap(({ failures }) => failures).find(({ listener }) => listener === name);
  const reason =
    failure?.message ?? (isHeld ? 'the gate is closed' : serving ? '' : 'no data thread accepts on it yet');
  return { name: `listener ${name}`, ready: reason === '', reason };
}

function clusterReadiness(name: string): ComponentReadiness {
  return { name: `cluster ${name}`, ready: false, reason: 'waits for its first look-up or health check' };
}
