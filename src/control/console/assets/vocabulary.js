/**
 * The words of the proxy's answers, for people. A unit test compares the names and units with the tables of `holmes/`, so
 * a reading or a rule that is added there must be added here.
 */

/** In the order in which they are shown. */
export const readings = {
  cpu: { title: 'CPU', unit: 'share' },
  cpu_wait: { title: 'Waiting for a core', unit: 'share' },
  event_loop_delay_p99: { title: 'Timers late, p99', unit: 'ms' },
  event_loop_delay_p50: { title: 'Timers late, median', unit: 'ms' },
  event_loop_delay_max: { title: 'Timers late, longest', unit: 'ms' },
  event_loop_utilization: { title: 'Event loop busy', unit: 'share' },
  gc_pause: { title: 'Garbage collection', unit: 'share' },
  heap: { title: 'Heap, of limit', unit: 'share' },
  heap_bytes: { title: 'Heap', unit: 'bytes' },
  external_bytes: { title: 'Buffers off the heap', unit: 'bytes' },
  rss: { title: 'Memory, of limit', unit: 'share' },
  rss_bytes: { title: 'Memory, resident', unit: 'bytes' },
  handles: { title: 'Handles and requests', unit: 'count' },
  async_resources: { title: 'Under way', unit: 'count' },
  sockets: { title: 'Sockets', unit: 'count' },
  descriptors: { title: 'Open files', unit: 'count' },
  descriptor_share: { title: 'Open files, of limit', unit: 'share' },
};

/** What a rule looks at. */
export const rules = {
  cpu: { reading: 'cpu' },
  event_loop_delay: { reading: 'event_loop_delay_p99' },
  gc: { reading: 'gc_pause' },
  heap: { reading: 'heap' },
  external: { reading: 'external_bytes' },
  rss: { reading: 'rss' },
  handles: { reading: 'handles' },
  descriptors: { reading: 'descriptor_share' },
};

/** What else makes a capture, and on which chart it is marked where the subject has it. */
export const occasions = {
  stall: { title: 'stopped answering', reading: 'event_loop_delay_p99' },
  near_out_of_memory: { title: 'near out of memory', reading: 'heap' },
  out_of_memory: { title: 'out of memory', reading: 'heap' },
  exception: { title: 'uncaught exception', reading: 'cpu' },
  request: { title: 'asked for', reading: 'cpu' },
};

/** `unit`: of a suspect's amount. `timed`: a capture takes as long as it is asked to. */
export const kinds = {
  cpu: { title: 'CPU profile', unit: 'ms', timed: true },
  heap: { title: 'heap profile', unit: 'bytes', timed: false },
  handles: { title: 'handles', unit: 'count', timed: true },
  stack: { title: 'live stack', unit: 'count', timed: false },
  snapshot: { title: 'heap snapshot', unit: 'bytes', timed: false },
};

/** `tone`: how it is coloured; the words say the same. */
export const verdicts = {
  capture: { title: 'captured', tone: 'accent' },
  quiet: { title: 'quiet', tone: 'plain' },
  cooldown: { title: 'cooling down', tone: 'plain' },
  too_loaded: { title: 'too loaded', tone: 'warn' },
  busy: { title: 'busy', tone: 'plain' },
  disabled: { title: 'rule is off', tone: 'plain' },
  unsupported: { title: 'not possible', tone: 'plain' },
  budget: { title: 'budget used up', tone: 'warn' },
};

export const states = {
  starting: { title: 'starting', tone: 'plain' },
  watched: { title: 'watched', tone: 'good' },
  stuck: { title: 'stuck', tone: 'bad' },
  failed: { title: 'not watched', tone: 'warn' },
  ended: { title: 'ended', tone: 'plain' },
};

/** Of a component, and of its parts. */
export const statuses = {
  starting: { title: 'starting', tone: 'plain' },
  healthy: { title: 'healthy', tone: 'good' },
  degraded: { title: 'degraded', tone: 'warn' },
  unhealthy: { title: 'unhealthy', tone: 'bad' },
  stopped: { title: 'stopped', tone: 'plain' },
};

/** Of a data thread. */
export const threadStates = {
  starting: { title: 'starting', tone: 'plain' },
  running: { title: 'running', tone: 'good' },
  stalled: { title: 'stalled', tone: 'bad' },
  draining: { title: 'draining', tone: 'warn' },
  stopped: { title: 'stopped', tone: 'bad' },
};

export const listenerStates = {
  starting: { title: 'starting', tone: 'plain' },
  active: { title: 'accepts', tone: 'good' },
  draining: { title: 'does not accept', tone: 'warn' },
  failed: { title: 'failed', tone: 'bad' },
};

/** Of a node, in the words of the viewpoints: which part of it breaks calls. */
export const modules = {
  outbound_downstream: { title: 'its proxy, outbound, towards its application' },
  outbound_upstream: { title: 'its proxy, outbound, towards the called node' },
  inbound_downstream: { title: 'its proxy, inbound, towards the caller' },
  inbound_upstream: { title: 'its proxy, inbound, towards its application' },
  application: { title: 'its application' },
};

export const releaseVerdicts = {
  pass: { title: 'pass', tone: 'good' },
  fail: { title: 'fail', tone: 'bad' },
  inconclusive: { title: 'not decided', tone: 'warn' },
};

export const actions = {
  continue: { title: 'go on' },
  pause: { title: 'pause' },
  rollback: { title: 'roll back' },
};

/** Whether a node tells the aggregator what it counts. */
export const nodeStates = {
  reporting: { title: 'reports', tone: 'good' },
  late: { title: 'late', tone: 'warn' },
  missing: { title: 'missing', tone: 'bad' },
  refused: { title: 'refused', tone: 'bad' },
};

/** Of the programs that open them. */
export const formats = {
  'pb.gz': { title: 'pprof', opens: 'go tool pprof' },
  cpuprofile: { title: 'cpuprofile', opens: 'DevTools, VS Code' },
  heapprofile: { title: 'heapprofile', opens: 'DevTools, VS Code' },
  heapsnapshot: { title: 'heapsnapshot', opens: 'DevTools' },
  json: { title: 'JSON', opens: 'everything' },
};

/** A word that a newer proxy may send is shown as it is. */
export function wordFor(table, name) {
  if (Object.hasOwn(table, name)) return table[name];
  return { title: name.replaceAll('_', ' '), tone: 'plain', unit: 'count' };
}

/** A rule or occasion, for people. */
export function ruleTitle(name) {
  return occasions[name]?.title ?? `rule ${name}`;
}

/** The reading on whose chart a capture by this rule or occasion is marked. */
export function readingOfRule(name) {
  return rules[name]?.reading ?? occasions[name]?.reading ?? 'cpu';
}
