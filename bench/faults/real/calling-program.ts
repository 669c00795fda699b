/** The application before an outbound node, a process of its own: calls at a rate, and leaves before the answer as it is told to. */
import { Agent, get } from 'node:http';
import { type CallingBehaviour, ordinaryCalling } from './condition.ts';
import type { Observation } from '../../../examples/mesh/observation.ts';
import { Observing } from './observing.ts';

export interface CallingOrder extends CallingBehaviour {
  readonly observation: Observation | null;
  /** Of its node. */
  readonly port: number;
}

export interface CallerFigures {
  readonly calls: number;
  readonly failures: number;
}

const tickMs = 20;
const tellMs = 250;
/** More are not waited for at once: an outage is not to become a pile. */
const maxOpen = 256;

const observing = new Observing();
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
let behaviour: CallingBehaviour = { ...ordinaryCalling, rate: 0 };
let port = 0;
let due = 0;
let open = 0;
let calls = 0;
let failures = 0;

function call(): void {
  calls++;
  open++;
  let isGood = false;
  const headers = behaviour.host === '' ? {} : { host: behaviour.host };
  const request = get({ host: '127.0.0.1', port, path: '/', agent, headers }, (answer) => {
    isGood = (answer.statusCode ?? 0) < 500;
    answer.resume();
  });
  // `close` comes after it.
  request.on('error', () => undefined);
  request.on('close', () => {
    open--;
    if (!isGood) failures++;
  });
  if (Math.random() < behaviour.leaving) request.on('finish', () => request.destroy());
}

setInterval(() => {
  // Between the ticks of two callers there is no step to keep.
  for (due += (behaviour.rate * tickMs * 2 * Math.random()) / 1000; due >= 1; due--)
    if (open < maxOpen) call();
}, tickMs);
setInterval(() => process.send?.({ calls, failures } satisfies CallerFigures), tellMs);

process.on('message', ({ observation, port: next, ...order }: CallingOrder) => {
  port = next;
  behaviour = order;
  observing.set(observation);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ calls, failures });
