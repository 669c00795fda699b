/**
 * Where log lines go: a descriptor that is written without waiting, with a bounded buffer. A reader that has stopped
 * or a full disk costs lines (how many is said once it works again), never the control thread's time or its life.
 */
import { pino } from 'pino';

export interface LogDestination {
  write(line: string): void;
  /** Calls `report` with the number of lost lines when lines can be written again. */
  onRecovery(report: (droppedLines: number) => void): void;
}

/** Buffered bytes beyond which lines are dropped. */
const maxBufferedBytes = 1024 * 1024;

export function openDestination(descriptor: number): LogDestination {
  const stream = pino.destination({ dest: descriptor, sync: false, maxLength: maxBufferedBytes });
  let dropped = 0;
  stream.on('drop', () => {
    dropped++;
  });
  // What failed stays in the buffer and is tried again with the next line; unheard, it would end the process.
  stream.on('error', () => {});
  return {
    write(line) {
      stream.write(line);
    },
    onRecovery(report) {
      stream.on('drain', () => {
        if (dropped === 0) return;
        const lines = dropped;
        dropped = 0;
        report(lines);
      });
    },
  };
}
