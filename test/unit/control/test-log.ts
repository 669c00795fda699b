/** A real log whose lines are collected. */
import { createLog, type Log } from '../../../src/telemetry/control.ts';
import { Recorder } from './recorder.ts';

export interface LogLine extends Record<string, unknown> {
  readonly level: string;
  readonly message: string;
}

export function testLog(): { log: Log; lines: Recorder<LogLine> } {
  const lines = new Recorder<LogLine>();
  const log = createLog('debug', 'json', {
    write: (line) => lines.push(JSON.parse(line) as LogLine),
    onRecovery: () => {},
  });
  return { log, lines };
}
