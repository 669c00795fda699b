/**
 * The application before an outbound node, a program of its own: calls at a steady rate and counts its calls as its own
 * viewpoint. Says that it is there, then a few times a second how many calls it has made and how many failed.
 */
import { Agent, get } from 'node:http';
import { observeFromEnvironment } from './observation.ts';
import type { ApplicationPlan } from './plan.ts';

export interface CallerStart {
  readonly port: number;
  /** Calls a second. */
  readonly rate: number;
}

export interface CallerFigures {
  readonly calls: number;
  readonly failures: number;
}

const tickMs = 20;
const reportMs = 200;
/** More than this are not waited for at once: an outage is not to become a pile. */
const maxOpen = 256;

observeFromEnvironment();
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
let start: CallerStart | null = null;
let failing = 0;
let due = 0;
let open = 0;
let calls = 0;
let failures = 0;

function call(port: number): void {
  calls++;
  open++;
  let isGood = false;
  const request = get({ host: '127.0.0.1', port, path: '/', agent }, (answer) => {
    isGood = (answer.statusCode ?? 0) < 500;
    answer.resume();
  });
  // `close` follows `error`, which must have a listener.
  request.on('error', () => undefined);
  request.on('close', () => {
    open--;
    if (!isGood) failures++;
  });
  if (Math.random() < failing) request.on('finish', () => request.destroy());
}

setInterval(() => {
  if (start === null) return;
  for (due += (start.rate * tickMs) / 1000; due >= 1; due--) if (open < maxOpen) call(start.port);
}, tickMs);
setInterval(() => process.send?.({ calls, failures } satisfies CallerFigures), reportMs);

process.on('message', (message: CallerStart | Pick<ApplicationPlan, 'failing'>) => {
  if ('port' in message) start = message;
  else ({ failing } = message);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ calls, failures });
