/**
 * The application behind an inbound node, a program of its own: answers, late or with 500 as it is told to, and counts its
 * calls as its own viewpoint. Says its port, then listens to changes.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { observeFromEnvironment } from './observation.ts';
import type { ApplicationPlan } from './plan.ts';

let plan: Pick<ApplicationPlan, 'failing' | 'delayMs'> = { failing: 0, delayMs: 0 };

observeFromEnvironment();
const server = createServer((request, response) => {
  const failed = Math.random() < plan.failing;
  const answer = (): void => {
    response.statusCode = failed ? 500 : 200;
    response.end(failed ? 'broken\n' : 'well\n');
  };
  request.resume();
  if (plan.delayMs === 0) answer();
  else setTimeout(answer, plan.delayMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', (message: ApplicationPlan) => {
  plan = message;
});
process.on('disconnect', () => process.exit(0));
