/** What most of the control thread asks of the log; a test can collect it. */
import type { Log } from '../telemetry/control.ts';

export type ControlLog = Pick<Log, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;
