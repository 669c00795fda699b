/** The row at the top: does the node take traffic, how does it do, and how full is it. */
import { line, type Section } from '../kit/layout.ts';
import { gateMeanings } from '../kit/meaning.ts';
import { ofNodes, orNought, perSecond, withNode } from '../kit/selector.ts';
import { stat } from '../kit/stat.ts';
import { successRate } from '../kit/success-rate.ts';
import { perNode } from './per-node.ts';

const requests = perNode(perSecond(ofNodes('meshlock_listener_requests_total')));

const errors = perNode(perSecond(ofNodes('meshlock_listener_requests_total', 'code_class="5xx"')));

export const figures: Section = {
  title: null,
  lines: [
    line(
      4,
      stat({
        title: 'Gate',
        description: 'Whether the node takes traffic: closed when one of the chosen nodes does not.',
        unit: 'short',
        meanings: gateMeanings,
        queries: [{ expr: `min(${withNode(ofNodes('meshlock_gate_open'))})`, legend: 'gate' }],
      }),
      stat({
        title: 'Components not well',
        description: 'Parts of the chosen nodes that are required and neither healthy nor degraded.',
        unit: 'short',
        queries: [
          {
            expr: orNought(
              `sum(${withNode(ofNodes('meshlock_health_component_status', 'required="true"', 'status=~"starting|unhealthy|stopped"'))})`,
            ),
            legend: 'components',
          },
        ],
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      }),
      stat({
        title: 'Requests',
        description: 'Requests a second through all listeners of the chosen nodes.',
        unit: 'reqps',
        queries: [{ expr: `sum(${requests})`, legend: 'requests' }],
      }),
      successRate({
        description: 'Share of requests that were not answered with a status of 500 or above.',
        errors,
        requests,
      }),
      stat({
        title: 'Event loop',
        description: 'Of the busiest data thread, the share of time in which its event loop is busy.',
        unit: 'percentunit',
        queries: [{ expr: `max(${withNode(ofNodes('meshlock_thread_utilization_ratio'))})`, legend: 'busy' }],
        steps: [
          [null, 'green'],
          [0.7, 'yellow'],
          [0.9, 'red'],
        ],
      }),
      stat({
        title: 'Heap',
        description: 'Of the fullest data thread, the share of its limit. At 1 the thread dies.',
        unit: 'percentunit',
        queries: [
          {
            expr: `max(${withNode(`(${ofNodes('meshlock_thread_heap_used_bytes')} / ${ofNodes('meshlock_thread_heap_limit_bytes')})`)})`,
            legend: 'heap',
          },
        ],
        steps: [
          [null, 'green'],
          [0.6, 'yellow'],
          [0.85, 'red'],
        ],
      }),
      stat({
        title: 'Memory',
        description: 'Resident memory as a share of the limit of the container, or of the machine.',
        unit: 'percentunit',
        queries: [
          {
            expr: `max(${withNode(`(${ofNodes('process_resident_memory_bytes')} / ${ofNodes('meshlock_memory_limit_bytes')})`)})`,
            legend: 'memory',
          },
        ],
        steps: [
          [null, 'green'],
          [0.8, 'yellow'],
          [0.95, 'red'],
        ],
      }),
      stat({
        title: 'Descriptors',
        description: 'Open file descriptors as a share of their limit. Every connection needs one.',
        unit: 'percentunit',
        queries: [
          {
            expr: `max(${withNode(`(${ofNodes('process_open_fds')} / ${ofNodes('process_max_fds')})`)})`,
            legend: 'descriptors',
          },
        ],
        steps: [
          [null, 'green'],
          [0.7, 'yellow'],
          [0.9, 'red'],
        ],
      }),
    ),
  ],
};
