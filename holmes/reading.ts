/**
 * What is sampled. One table says of every reading what it is, in which unit, and whose it is; rules, metrics, charts
 * and documentation read the table.
 */

/** `share`: 0 to 1. `bytes`, `count` and `ms` are what they say. */
export type Unit = 'share' | 'bytes' | 'count' | 'ms';

export interface ReadingInfo {
  readonly unit: Unit;
  /** What has it: the process as a whole, one thread, or both. */
  readonly of: 'process' | 'thread' | 'both';
  /** One line for people. */
  readonly summary: string;
}

export const ReadingName = [
  'cpu',
  'cpu_wait',
  'rss',
  'rss_bytes',
  'heap',
  'heap_bytes',
  'external_bytes',
  'event_loop_utilization',
  'event_loop_delay_p50',
  'event_loop_delay_p99',
  'event_loop_delay_max',
  'gc_pause',
  'handles',
  'async_resources',
  'descriptors',
  'descriptor_share',
  'sockets',
] as const;
export type ReadingName = (typeof ReadingName)[number];

export const readingTable: Readonly<Record<ReadingName, ReadingInfo>> = {
  cpu: {
    unit: 'share',
    of: 'both',
    summary:
      'CPU time used: of a thread the share of one core, of the process the share of what its cgroup grants',
  },
  cpu_wait: {
    unit: 'share',
    of: 'thread',
    summary: 'time ready to run but without a core',
  },
  rss: { unit: 'share', of: 'process', summary: 'resident memory, of the memory limit' },
  rss_bytes: { unit: 'bytes', of: 'process', summary: 'resident memory' },
  heap: {
    unit: 'share',
    of: 'thread',
    summary: 'JavaScript heap outside the young generation, of its limit: at 1 the thread dies',
  },
  heap_bytes: { unit: 'bytes', of: 'thread', summary: 'JavaScript heap in use' },
  external_bytes: {
    unit: 'bytes',
    of: 'thread',
    summary: 'memory outside the heap that objects hold: buffers',
  },
  event_loop_utilization: { unit: 'share', of: 'thread', summary: 'time in which the event loop was busy' },
  event_loop_delay_p50: {
    unit: 'ms',
    of: 'thread',
    summary: 'median delay of a timer since the last sample',
  },
  event_loop_delay_p99: {
    unit: 'ms',
    of: 'thread',
    summary: '99th percentile of the delay of a timer since the last sample',
  },
  event_loop_delay_max: {
    unit: 'ms',
    of: 'thread',
    summary: 'longest delay of a timer since the last sample',
  },
  gc_pause: { unit: 'share', of: 'thread', summary: 'time spent in garbage collection' },
  handles: {
    unit: 'count',
    of: 'thread',
    summary: 'active handles and requests: sockets, servers, timers, file operations',
  },
  async_resources: {
    unit: 'count',
    of: 'thread',
    summary: 'what is under way: active handles and requests, and HTTP requests in flight',
  },
  descriptors: { unit: 'count', of: 'process', summary: 'open file descriptors' },
  descriptor_share: { unit: 'share', of: 'process', summary: 'open file descriptors, of the soft limit' },
  sockets: { unit: 'count', of: 'thread', summary: 'open sockets that this runtime made or accepted' },
};

/** One sample: what could be read. A reading that is missing could not be had this time. */
export type Readings = Partial<Readonly<Record<ReadingName, number>>>;

/** The samples of one subject, oldest first, at most as many as the ring holds. */
export interface RingView {
  readonly subject: string;
  /** Unix milliseconds of each sample. */
  readonly times: readonly number[];
  /** By reading, one value per sample; NaN where it could not be had. */
  readonly values: Partial<Readonly<Record<ReadingName, readonly number[]>>>;
}
