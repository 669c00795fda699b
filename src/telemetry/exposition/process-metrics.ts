/**
 * Figures of the process as a whole, under the names that every Prometheus client uses. prom-client's own default
 * collectors are not used: their heap, garbage-collection and event-loop figures would be of the control thread alone
 * and pass for the process's (each data thread reports its own under `meshlock_thread_*`), and their collection of
 * garbage-collector events runs all the time.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import type { Clock } from '../../base/index.ts';
import { Collector } from './collector.ts';

export function processCollectors(clock: Clock): Collector[] {
  const startSeconds = Math.round(clock.wall() / 1000 - process.uptime());
  const maxDescriptors = readMaxDescriptors();
  const [major = '', minor = '', patch = ''] = process.versions.node.split('.');
  return [
    counter('process_cpu_user_seconds_total', 'User CPU time of all threads.', () => {
      return process.cpuUsage().user / 1e6;
    }),
    counter('process_cpu_system_seconds_total', 'System CPU time of all threads.', () => {
      return process.cpuUsage().system / 1e6;
    }),
    counter('process_cpu_seconds_total', 'User and system CPU time of all threads.', () => {
      const usage = process.cpuUsage();
      return (usage.user + usage.system) / 1e6;
    }),
    gauge('process_resident_memory_bytes', 'Resident memory of the process.', () =>
      process.memoryUsage.rss(),
    ),
    gauge('process_open_fds', 'Open file descriptors.', countDescriptors),
    gauge('process_max_fds', 'Limit of open file descriptors.', () => maxDescriptors),
    gauge('process_start_time_seconds', 'When the process started, Unix time.', () => startSeconds),
    new Collector({
      name: 'nodejs_version_info',
      help: 'Version of Node.js; the value is always 1.',
      type: 'gauge',
      labelNames: ['version', 'major', 'minor', 'patch'],
      read: () => [{ value: 1, labels: { version: process.version, major, minor, patch } }],
    }),
  ];
}

function counter(name: string, help: string, read: () => number): Collector {
  return new Collector({ name, help, type: 'counter', read: () => [{ value: read(), labels: {} }] });
}

/** `null`: the platform does not tell, so there is no sample. */
function gauge(name: string, help: string, read: () => number | null): Collector {
  return new Collector({
    name,
    help,
    type: 'gauge',
    read: () => {
      const value = read();
      return value === null ? [] : [{ value, labels: {} }];
    },
  });
}

function countDescriptors(): number | null {
  try {
    // Linux >= 6.2 gives the count as the directory's size; listing 20,000 sockets would hold the thread up.
    const { size } = statSync('/proc/self/fd');
    return size > 0 ? size : readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}

function readMaxDescriptors(): number | null {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return limit === null ? null : Number(limit[1]);
  } catch {
    return null;
  }
}
