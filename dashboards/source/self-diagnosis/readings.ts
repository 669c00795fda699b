/** The readings that a rule watches, each beside the average that it is compared with and the limit from which it captures. */
import type { PanelDraft } from '../kit/panel.ts';
import { ofNodes, top, withNode } from '../kit/selector.ts';
import { timeSeries } from '../kit/time-series.ts';

interface WatchedReading {
  readonly reading: string;
  readonly title: string;
  readonly description: string;
  /** Which metric has it; the units are those of the metrics' names. */
  readonly unit: 'ratio' | 'bytes' | 'seconds' | 'number';
}

const grafanaUnits: Readonly<Record<WatchedReading['unit'], string>> = {
  ratio: 'percentunit',
  bytes: 'bytes',
  seconds: 's',
  number: 'short',
};

const watched: readonly WatchedReading[] = [
  {
    reading: 'cpu',
    title: 'CPU',
    description: 'Of a thread the share of one core, of the process the share of what it may use.',
    unit: 'ratio',
  },
  {
    reading: 'event_loop_delay_p99',
    title: 'Event loop delay, 99 %',
    description: 'How late timers came since the last sample.',
    unit: 'seconds',
  },
  {
    reading: 'gc_pause',
    title: 'Garbage collection',
    description: 'Share of time spent in garbage collection.',
    unit: 'ratio',
  },
  {
    reading: 'heap',
    title: 'Heap',
    description:
      'JavaScript heap outside the young generation as a share of its limit. At 1 the thread dies.',
    unit: 'ratio',
  },
  {
    reading: 'external_bytes',
    title: 'Memory outside the heap',
    description: 'Buffers and other memory that objects of the thread hold.',
    unit: 'bytes',
  },
  {
    reading: 'rss',
    title: 'Resident memory',
    description: 'Of the process, as a share of the memory limit.',
    unit: 'ratio',
  },
  {
    reading: 'handles',
    title: 'Handles',
    description: 'Active handles and requests: sockets, servers, timers, file operations.',
    unit: 'number',
  },
  {
    reading: 'descriptor_share',
    title: 'Descriptors',
    description: 'Open file descriptors as a share of the soft limit.',
    unit: 'ratio',
  },
];

const howToRead = 'Dotted: the average of the ten readings before. Dashed: from there a capture is taken.';

export const readingPanels: readonly PanelDraft[] = watched.map(({ reading, title, description, unit }) => {
  const series = (of: 'reading' | 'average' | 'limit'): string =>
    withNode(ofNodes(`meshlock_holmes_${of}_${unit}`, `reading="${reading}"`, 'subject=~"$subject"'));
  const shown = top(12, series('reading'));
  const beside = (of: 'average' | 'limit'): string =>
    `${series(of)} and on (job, instance, subject) ${shown}`;
  return timeSeries({
    title,
    description: `${description} ${howToRead}`,
    unit: grafanaUnits[unit],
    min: 0,
    queries: [
      { expr: shown, legend: '{{node_id}} {{subject}}' },
      { expr: beside('average'), legend: '{{node_id}} {{subject}} average', line: 'average' },
      { expr: beside('limit'), legend: '{{node_id}} {{subject}} limit', line: 'limit' },
    ],
  });
});

/** Readings that no rule watches, for whoever looks on. */
export function otherReading(options: WatchedReading): PanelDraft {
  const { reading, title, description, unit } = options;
  const series = ofNodes(`meshlock_holmes_reading_${unit}`, `reading="${reading}"`, 'subject=~"$subject"');
  return timeSeries({
    title,
    description,
    unit: grafanaUnits[unit],
    min: 0,
    queries: [{ expr: top(12, withNode(series)), legend: '{{node_id}} {{subject}}' }],
  });
}
