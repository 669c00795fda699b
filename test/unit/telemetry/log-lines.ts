/** A log whose lines a test reads. */
import { createLog, type Log, type LogDestination } from '../../../src/telemetry/control.ts';

export class LogLines implements LogDestination {
  readonly lines: string[] = [];
  recovered: (droppedLines: number) => void = () => {};
  readonly log: Log = createLog('trace', 'json', this);

  write(line: string): void {
    this.lines.push(line);
  }

  onRecovery(report: (droppedLines: number) => void): void {
    this.recovered = report;
  }

  /** Without the time. */
  get entries(): Record<string, unknown>[] {
    return this.lines.map((line) => {
      const { time: _, ...entry } = JSON.parse(line) as Record<string, unknown>;
      return entry;
    });
  }
}
