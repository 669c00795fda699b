/** The data threads: each with its state and how old its last sign of life is. */
import type { ComponentReport, ItemReport } from '../../../health/static.ts';
import { type ReadinessFacts, threadReadinesses } from '../readiness.ts';
import { counted, reportOf } from './report.ts';

/** A thread that is being replaced while others serve takes nothing away from the whole, but is worth telling. */
export function threadsReport(facts: ReadinessFacts): ComponentReport {
  const readinesses = threadReadinesses(facts);
  const items = facts.threads.map((thread, index): ItemReport => {
    const { name, ready, reason } = readinesses[index]!;
    const age = `heartbeat ${Math.round(thread.silentMs)} ms ago`;
    const restarts = thread.restarts === 0 ? '' : `, replaced ${counted(thread.restarts, 'time')}`;
    const known = `${thread.state}, ${age}${restarts}`;
    if (ready) return { name, status: thread.state === 'serving' ? 'healthy' : 'degraded', detail: known };
    const isComing =
      thread.state === 'starting' || (thread.state === 'serving' && thread.failures.length === 0);
    return { name, status: isComing ? 'starting' : 'unhealthy', detail: `${reason} (${known})` };
  });
  return reportOf(items, counted(items.length, 'data thread'));
}
