/** The pocket of the person on call: takes what Alertmanager sends (its webhook, version 4) and keeps the last pages. */
import { createServer, type Server } from 'node:http';
import { listen } from '../listening.ts';

const maxPages = 200;
const maxBodyBytes = 1024 * 1024;

export interface Page {
  /** Unix milliseconds: when it came. */
  readonly at: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Notification {
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

export class Pager {
  readonly #server: Server;
  readonly #pages: Page[] = [];
  #port = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (piece: string) => {
        body += piece;
        if (body.length > maxBodyBytes) request.destroy();
      });
      request.on('end', () => {
        response.statusCode = this.#take(body) ? 200 : 400;
        response.end();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Oldest first, the last 200; only alerts that fire. */
  get pages(): readonly Page[] {
    return this.#pages;
  }

  async start(): Promise<void> {
    this.#port = await listen(this.#server);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #take(body: string): boolean {
    let notification: Notification;
    try {
      notification = JSON.parse(body) as Notification;
    } catch {
      return false;
    }
    const at = Date.now();
    for (const { status, labels, annotations } of notification.alerts)
      if (status === 'firing') this.#pages.push({ at, labels, annotations });
    this.#pages.splice(0, this.#pages.length - maxPages);
    return true;
  }
}
