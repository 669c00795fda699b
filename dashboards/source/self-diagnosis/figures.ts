/** The row at the top: was something captured, is a thread stuck, and does the watching itself work. */
import { line, type Section } from '../kit/layout.ts';
import { ofNodes, orNought, perSecond, sumBy, withNode } from '../kit/selector.ts';
import { stat } from '../kit/stat.ts';
import { newest } from './captured.ts';

export const figures: Section = {
  title: null,
  lines: [
    line(
      4,
      stat({
        title: 'Triggers',
        description: 'In the range that is shown: subjects, rules and kinds with a capture.',
        unit: 'short',
        queries: [{ expr: orNought(`count(${newest} > time() - $__range_s)`), legend: 'triggers' }],
        steps: [
          [null, 'green'],
          [1, 'purple'],
        ],
      }),
      stat({
        title: 'Newest capture',
        description: 'How long ago the newest capture was decided.',
        unit: 's',
        noValue: 'None yet',
        queries: [{ expr: `min(time() - ${newest})`, legend: 'ago' }],
      }),
      stat({
        title: 'Threads that beat',
        description:
          'Data threads of which a heartbeat came lately, as a share of all. A stuck thread does not beat.',
        unit: 'percentunit',
        queries: [
          {
            expr: `avg(${withNode(sumBy(['job', 'instance', 'thread'], perSecond(ofNodes('meshlock_thread_heartbeats_total'))))} > bool 1)`,
            legend: 'threads',
          },
        ],
        steps: [
          [null, 'red'],
          [1, 'green'],
        ],
      }),
      stat({
        title: 'Store',
        description:
          'Of the fullest store of captures, the share of its limit. The oldest make room for new ones.',
        unit: 'percentunit',
        queries: [
          {
            expr: `max(${withNode(`(${ofNodes('meshlock_holmes_store_bytes')} / ${ofNodes('meshlock_holmes_store_limit_bytes')})`)})`,
            legend: 'store',
          },
        ],
        steps: [
          [null, 'green'],
          [0.8, 'yellow'],
        ],
      }),
      stat({
        title: 'Not on disk',
        description:
          'Captures that are in memory only, because they could not be written. The disk is full, or may not be written.',
        unit: 'short',
        queries: [
          { expr: `sum(${withNode(ofNodes('meshlock_holmes_store_unsaved_captures'))})`, legend: 'unsaved' },
        ],
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      }),
      stat({
        title: 'Cost of sampling',
        description:
          'CPU of the control thread that sampling takes, of the node where it takes most, in cores.',
        unit: 'percentunit',
        decimals: 3,
        queries: [
          {
            expr: `max(${withNode(sumBy(['job', 'instance'], perSecond(ofNodes('meshlock_holmes_sample_cpu_seconds_total'))))})`,
            legend: 'sampling',
          },
        ],
      }),
    ),
  ],
};
