/** The application behind an inbound node, a process of its own: answers, fails, hangs or breaks off as it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Chance } from './chance.ts';
import { type CalledBehaviour, ordinaryCalled } from './condition.ts';
import { damageHeader } from './filter.ts';
import type { Observation } from '../../../examples/mesh/observation.ts';
import { Observing } from './observing.ts';

export interface CalledOrder extends CalledBehaviour {
  readonly observation: Observation | null;
  /** Does not listen. */
  readonly down: boolean;
}

const observing = new Observing();
let behaviour: CalledBehaviour = ordinaryCalled;
let failing = new Chance({ share: 0 });
let port = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (Math.random() < behaviour.dropping) {
    request.socket.destroy();
    return;
  }
  const isBroken = failing.strikes() || request.headers[damageHeader] !== undefined;
  const say = (): void => {
    response.statusCode = isBroken ? 500 : 200;
    response.end(isBroken ? 'broken\n' : 'well\n');
  };
  if (Math.random() < behaviour.hanging) setTimeout(say, behaviour.hangMs);
  else say();
}

const server = createServer(answer);
// Longer than a node keeps an idle connection: who closes first must not be a matter of luck.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  ({ port } = server.address() as AddressInfo);
  process.send?.({ port });
});

process.on('message', ({ observation, down, ...order }: CalledOrder) => {
  if (order.failing !== behaviour.failing || order.burst !== behaviour.burst)
    failing = new Chance({ share: order.failing, burst: order.burst });
  behaviour = order;
  observing.set(observation);
  if (down && server.listening) {
    server.close();
    server.closeAllConnections();
  } else if (!down && !server.listening) server.listen(port, '127.0.0.1');
});
process.on('disconnect', () => process.exit(0));
