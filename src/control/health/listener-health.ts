/** The listeners: each with its address and how many data threads accept on it. */
import { formatAddress } from '../../base/index.ts';
import type { ComponentReport, ItemReport } from '../../../health/static.ts';
import type { ListenerConfig } from '../../config/index.ts';
import { listenerReadinesses, type ReadinessFacts } from '../readiness.ts';
import { counted, plainReport, reportOf } from './report.ts';

export interface ListenerFacts {
  readonly readiness: ReadinessFacts;
  /** Of the configuration in force; empty before the first. */
  readonly listeners: readonly Pick<ListenerConfig, 'name' | 'role' | 'address'>[];
}

export function listenersReport({ readiness, listeners }: ListenerFacts): ComponentReport {
  const { phase, threads, snapshotVersion, closedListeners, isHeld } = readiness;
  if (snapshotVersion === 0) return plainReport('starting', 'no configuration is in force yet');
  const readinesses = listenerReadinesses(readiness);
  const items = listeners.map(({ name, role, address }): ItemReport => {
    const where = formatAddress(address);
    const isClosed = closedListeners === 'all' || (closedListeners === 'inbound' && role === 'inbound');
    if (phase === 'draining') return { name, status: 'stopped', detail: `${where}, the process is draining` };
    if (isClosed) return { name, status: 'stopped', detail: `${where}, drained by hand` };
    // What it waits for is another component's to say: this one is as far as it can be.
    if (isHeld) return { name, status: 'healthy', detail: `${where} is not accepted on: the gate is closed` };
    const reason = readinesses.find((each) => each.name === `listener ${name}`)?.reason ?? '';
    const accepting = threads.filter(
      ({ state, failures }) => state === 'serving' && !failures.some((failure) => failure.listener === name),
    );
    const who = `${accepting.length} of ${counted(threads.length, 'data thread')} accept`;
    if (reason !== '') return { name, status: 'unhealthy', detail: `${where}: ${reason}` };
    return {
      name,
      status: accepting.length < threads.length ? 'degraded' : 'healthy',
      detail: `${where}, ${who}`,
    };
  });
  return reportOf(items, counted(items.length, 'listener'));
}
