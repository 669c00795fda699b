/**
 * Settings that are fixed for the life of the process. A reload that changes them applies everything else and says which
 * of them wait for a restart, instead of ignoring them in silence.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.ts';

interface FixedSetting {
  /** As in the file. */
  readonly name: string;
  readonly read: (config: Config) => unknown;
}

const fixedSettings: readonly FixedSetting[] = [
  { name: 'admin.address', read: ({ admin }) => admin.address },
  { name: 'admin.grpc_address', read: ({ admin }) => admin.grpcAddress },
  { name: 'admin.token', read: ({ admin }) => admin.token },
  { name: 'data_threads', read: ({ dataThreads }) => dataThreads },
  { name: 'thread_heap', read: ({ threadHeapBytes }) => threadHeapBytes },
  { name: 'log.format', read: ({ log }) => log.format },
];

/** Names of the fixed settings in which `wanted` differs from what the process was `started` with. */
export function settingsThatWait(started: Config, wanted: Config): readonly string[] {
  return fixedSettings
    .filter(({ read }) => !isDeepStrictEqual(read(started), read(wanted)))
    .map(({ name }) => name);
}

/** `wanted` as far as it can take effect now. */
export function effectiveConfig(started: Config, wanted: Config): Config {
  const { admin, dataThreads, threadHeapBytes, log } = started;
  return { ...wanted, admin, dataThreads, threadHeapBytes, log: { ...wanted.log, format: log.format } };
}
