/** How busy the node is: CPU, event loop, heap, memory, descriptors. */
import { line, type Section } from '../kit/layout.ts';
import { ofNodes, perSecond, top, withNode } from '../kit/selector.ts';
import { timeSeries } from '../kit/time-series.ts';
import { perNode, perThread } from './per-node.ts';

export const busy: Section = {
  title: 'Utilisation',
  lines: [
    line(
      8,
      timeSeries({
        title: 'CPU',
        description: 'Cores that the process uses, in its own code and in the kernel for it.',
        unit: 'short',
        min: 0,
        queries: [
          {
            expr: top(20, perNode(perSecond(ofNodes('process_cpu_user_seconds_total')))),
            legend: '{{node_id}} user',
          },
          {
            expr: top(20, perNode(perSecond(ofNodes('process_cpu_system_seconds_total')))),
            legend: '{{node_id}} system',
          },
        ],
      }),
      timeSeries({
        title: 'Event loop',
        description:
          'Share of the last second in which the event loop of each data thread was busy. Near 1 everything on that thread waits.',
        unit: 'percentunit',
        min: 0,
        max: 1,
        queries: [
          { expr: perThread('meshlock_thread_utilization_ratio'), legend: '{{node_id}} thread {{thread}}' },
        ],
      }),
      timeSeries({
        title: 'Event loop delay',
        description:
          'Longest delay of the event loop in the last second: so much later than due something ran.',
        unit: 's',
        min: 0,
        queries: [
          {
            expr: perThread('meshlock_thread_loop_delay_max_seconds'),
            legend: '{{node_id}} thread {{thread}}',
          },
        ],
      }),
    ),
    line(
      8,
      timeSeries({
        title: 'Heap',
        description: 'JavaScript heap of each data thread, and its limit.',
        unit: 'bytes',
        min: 0,
        queries: [
          { expr: perThread('meshlock_thread_heap_used_bytes'), legend: '{{node_id}} thread {{thread}}' },
          {
            expr: `min(${withNode(ofNodes('meshlock_thread_heap_limit_bytes'))})`,
            legend: 'limit of a thread',
            line: 'limit',
          },
        ],
      }),
      timeSeries({
        title: 'Memory of the process',
        description: 'Resident memory, buffers outside the heap, and the limit of the container or machine.',
        unit: 'bytes',
        min: 0,
        queries: [
          {
            expr: top(20, withNode(ofNodes('process_resident_memory_bytes'))),
            legend: '{{node_id}} resident',
          },
          {
            expr: top(20, perNode(ofNodes('meshlock_thread_external_memory_bytes'))),
            legend: '{{node_id}} buffers',
          },
          {
            expr: `min(${withNode(ofNodes('meshlock_memory_limit_bytes'))})`,
            legend: 'limit',
            line: 'limit',
          },
        ],
      }),
      timeSeries({
        title: 'Descriptors',
        description: 'Open file descriptors, and the limit of the process.',
        unit: 'short',
        min: 0,
        queries: [
          { expr: top(20, withNode(ofNodes('process_open_fds'))), legend: '{{node_id}}' },
          { expr: `min(${withNode(ofNodes('process_max_fds'))})`, legend: 'limit', line: 'limit' },
        ],
      }),
    ),
  ],
};
