/**
 * `meshlock/holmes`: a library that samples a Node program and captures a profile when a reading jumps.
 *
 * The room is not built yet: this door holds its vocabulary only, and nothing here samples or captures.
 */

/**
 * What will be sampled of a thread or a process, by the names that rules and metrics use: `cpu` in cores, `rss` and
 * `heap` in bytes, `event_loop_delay` and `gc_pause` in milliseconds, `event_loop_utilization` from 0 to 1, and the
 * others as counts.
 */
export const ReadingName = [
  'cpu',
  'rss',
  'heap',
  'event_loop_delay',
  'event_loop_utilization',
  'gc_pause',
  'handles',
  'descriptors',
  'sockets',
  'async_resources',
] as const;
export type ReadingName = (typeof ReadingName)[number];
