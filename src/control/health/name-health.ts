/** DNS: every name that clusters are resolved from. */
import type { ComponentReport, ItemReport } from '../../../health/static.ts';
import type { NameState } from '../../discovery/index.ts';
import { counted, reportOf } from './report.ts';

export type NameFacts = Pick<NameState, 'name' | 'state' | 'addresses' | 'error'>;

export function namesReport(names: readonly NameFacts[]): ComponentReport {
  const items = names.map(({ name, state, addresses, error }): ItemReport => {
    const known = addresses.length === 1 ? '1 address' : `${addresses.length} addresses`;
    switch (state) {
      case 'resolved':
        return { name, status: 'healthy', detail: known };
      case 'resolving':
        return { name, status: 'starting', detail: 'is being looked up' };
      case 'stale':
        return {
          name,
          status: 'degraded',
          detail: `${error ?? 'the last look-up failed'}; ${known} of an earlier one`,
        };
      case 'failed':
        return { name, status: 'unhealthy', detail: error ?? 'it never resolved' };
    }
  });
  return reportOf(items, counted(items.length, 'name'));
}
