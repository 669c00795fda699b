/** What the nodes find out about themselves: the captures with their flame graphs, and the readings that led to them. */
import { starts, triggers } from '../kit/annotation.ts';
import { type ClassicDashboard, frame } from '../kit/frame.ts';
import { line, type Section } from '../kit/layout.ts';
import { further } from '../kit/variable.ts';
import { captures } from './captures.ts';
import { figures } from './figures.ts';
import { otherReading, readingPanels } from './readings.ts';
import { store } from './store.ts';

const readings: Section = {
  title: 'Readings against their average and limit',
  lines: [line(8, ...readingPanels.slice(0, 4)), line(8, ...readingPanels.slice(4))],
};

const others: Section = {
  title: 'Other readings',
  lines: [
    line(
      7,
      otherReading({
        reading: 'event_loop_utilization',
        title: 'Event loop busy',
        description: 'Share of time in which the event loop was busy.',
        unit: 'ratio',
      }),
      otherReading({
        reading: 'cpu_wait',
        title: 'Waiting for a core',
        description: 'Share of time in which the thread was ready to run and had no core: others have it.',
        unit: 'ratio',
      }),
      otherReading({
        reading: 'sockets',
        title: 'Sockets',
        description: 'Open sockets that the thread made or accepted.',
        unit: 'number',
      }),
      otherReading({
        reading: 'heap_bytes',
        title: 'Heap in bytes',
        description: 'JavaScript heap in use, young generation included.',
        unit: 'bytes',
      }),
    ),
  ],
};

export const selfDiagnosis: ClassicDashboard = frame({
  name: 'self-diagnosis',
  title: 'Self-diagnosis',
  description:
    'Captures with the sentence that names the culprit and the flame graph one click away; readings against their averages and limits; what the rules decided.',
  variables: [further.subject],
  annotations: [triggers, starts],
  sections: [figures, captures, readings, others, store],
});
