/**
 * Where log lines go. pino's own destination is not used: written synchronously it stops the control thread when the
 * reader of a pipe has stopped, and otherwise it never ends the process while the disk is full. This one costs lines
 * then (how many is said once it works again), never the control thread's time or its life.
 */
import process from 'node:process';
import { type Clock, systemClock } from '../../base/index.ts';
import { AppendWriter } from '../output/append-writer.ts';

export interface LogDestination {
  write(line: string): void;
  /** Calls `report` with the number of lost lines when lines can be written again. */
  onRecovery(report: (droppedLines: number) => void): void;
}

/** Beyond this, lines are dropped. */
const maxQueuedBytes = 1024 * 1024;

/** What is queued when the process ends is written then, as far as it can be without waiting. */
export function openDestination(path: string, clock: Clock = systemClock): LogDestination {
  let report: (droppedLines: number) => void = () => {};
  const writer = new AppendWriter({
    path,
    clock,
    maxQueuedBytes,
    onFailure: () => {},
    onRecovery: (droppedLines) => {
      if (droppedLines > 0) report(droppedLines);
    },
  });
  process.once('exit', () => writer.drainSync());
  return {
    write: (line) => writer.write(Buffer.from(line)),
    onRecovery: (run) => {
      report = run;
    },
  };
}
