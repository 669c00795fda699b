/** Where alerts end: the webhook of whoever is on duty, which keeps what Alertmanager has delivered. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** As Alertmanager's webhook has it. */
export interface DeliveredAlert {
  /** Name of the receiver in its configuration. */
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly fingerprint: string;
}

export interface AlertReceiver {
  readonly url: string;
  /** In the order in which they came. */
  readonly alerts: readonly DeliveredAlert[];
  stop(): Promise<void>;
}

/** Far more than a test makes; what comes after is refused, and Alertmanager says so in its log. */
const maxAlerts = 2000;

export async function startAlertReceiver(): Promise<AlertReceiver> {
  const alerts: DeliveredAlert[] = [];
  const server = createServer((request, response) => {
    const answer = (status: number): void => void response.writeHead(status).end();
    text(request).then(
      (body) => {
        const delivered = alertsOf(body);
        const isTaken = delivered !== null && alerts.length + delivered.length <= maxAlerts;
        if (isTaken) alerts.push(...delivered);
        answer(isTaken ? 200 : 400);
      },
      () => answer(400),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    alerts,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `null` when it is no delivery. */
function alertsOf(body: string): readonly DeliveredAlert[] | null {
  try {
    const { receiver, alerts } = JSON.parse(body) as { receiver?: string; alerts?: unknown };
    if (!Array.isArray(alerts)) return null;
    return (alerts as Omit<DeliveredAlert, 'receiver'>[]).map((alert) => ({
      ...alert,
      receiver: receiver ?? '',
    }));
  } catch {
    return null;
  }
}
