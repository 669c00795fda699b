/** The store of captures, as holmes tells about it. */
import type { StoreFigures } from '../../../holmes/index.ts';
import type { ComponentReport } from '../../../health/static.ts';
import type { MonitorAccess } from '../self-diagnosis/monitor-access.ts';
import { plainReport } from './report.ts';

/** `isWanted`: without captures nothing is missing where nobody asked for them. */
export function captureStoreReport({ monitor, obstacle }: MonitorAccess, isWanted: boolean): ComponentReport {
  if (monitor === null) return plainReport(isWanted ? 'starting' : 'healthy', obstacle);
  return storeReport(monitor.figures().store);
}

function storeReport({ captures, bytes, limits, unsaved, problem }: StoreFigures): ComponentReport {
  const figures = `${captures} of ${limits.maxCount} captures, ${bytes} of ${limits.maxBytes} bytes`;
  if (problem !== '') return plainReport('degraded', `${problem}; ${figures}`);
  if (unsaved > 0) return plainReport('degraded', `${unsaved} captures are in memory only; ${figures}`);
  return plainReport('healthy', figures);
}
