/**
 * A small mesh on one machine, of real processes: callers behind nodes of the service `web`, and nodes of the service `cart`
 * in two versions, all reporting to one aggregator. What a release pipeline would roll out to, in a few seconds.
 *
 *   caller -> node web-1 -> node cart-1 (v1) -> application
 *                        -> node cart-3 (v2) -> application
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const repository = join(import.meta.dirname, '..', '..', '..');
const program = join(repository, 'src', 'main.ts');
const faultFilter = join(import.meta.dirname, 'fault-filter.ts');

export interface FleetOptions {
  /** Share of the calls that the new version fails: in its application, or in its node before the application. */
  readonly fault: { readonly where: 'application' | 'node' | 'nowhere'; readonly share: number };
  /** Calls in a second, of all callers together. */
  readonly rate: number;
  readonly release: string;
}

interface Node {
  readonly name: string;
  readonly service: 'web' | 'cart';
  readonly version: string;
}

const webNodes: readonly Node[] = ['web-1', 'web-2'].map((name) => ({ name, service: 'web', version: '7' }));
const cartNodes: readonly Node[] = [
  { name: 'cart-1', service: 'cart', version: '1.0.0' },
  { name: 'cart-2', service: 'cart', version: '1.0.0' },
  { name: 'cart-3', service: 'cart', version: '1.1.0' },
  { name: 'cart-4', service: 'cart', version: '1.1.0' },
];
const newVersion = '1.1.0';
const readyMs = 30_000;
const token = 'local-fleet';

export class Fleet {
  readonly #options: FleetOptions;
  readonly #processes: ChildProcess[] = [];
  readonly #applications: Server[] = [];
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 32 });
  #folder = '';
  #load: NodeJS.Timeout | null = null;
  #aggregator = 0;
  calls = 0;
  failures = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Where the aggregator answers. */
  get aggregator(): string {
    return `http://127.0.0.1:${this.#aggregator}`;
  }

  get headers(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${token}` };
  }

  /** Starts everything, and waits until it is ready. */
  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'meshlock-fleet-'));
    this.#aggregator = await freePort();
    await this.#run('aggregate', 'aggregator.yaml', this.#aggregatorFile());
    await untilReady(`${this.aggregator}/readyz`);
    const carts = await Promise.all(cartNodes.map(async (node) => this.#startCart(node)));
    const webs = await Promise.all(webNodes.map(async (node) => this.#startWeb(node, carts)));
    this.#call(webs);
  }

  async stop(): Promise<void> {
    if (this.#load !== null) clearInterval(this.#load);
    this.#agent.destroy();
    for (const child of this.#processes) child.kill('SIGKILL');
    await Promise.all(
      this.#processes.map(async (child) => (child.exitCode === null ? once(child, 'exit') : null)),
    );
    for (const application of this.#applications) {
      application.close();
      application.closeAllConnections();
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #startCart(node: Node): Promise<number> {
    const { fault } = this.#options;
    const isNew = node.version === newVersion;
    const failing = isNew && fault.where === 'application' ? fault.share : 0;
    const application = createServer((_, response) => {
      response.statusCode = Math.random() < failing ? 500 : 200;
      response.end('cart');
    });
    this.#applications.push(application);
    const port = await listen(application);
    const share = isNew && fault.where === 'node' ? fault.share : 0;
    const filters =
      share === 0
        ? ''
        : `\n    filters: [{ name: faulty, module: ${faultFilter}, options: { share: ${share} } }]`;
    const listener = await freePort();
    await this.#startNode(node, listener, 'inbound', [port], filters);
    return listener;
  }

  async #startWeb(node: Node, carts: readonly number[]): Promise<number> {
    const listener = await freePort();
    await this.#startNode(node, listener, 'outbound', carts, '');
    return listener;
  }

  async #startNode(
    { name, service, version }: Node,
    port: number,
    role: string,
    endpoints: readonly number[],
    filters: string,
  ): Promise<void> {
    const release = version === newVersion ? this.#options.release : 'before';
    const admin = await freePort();
    await this.#run(
      'run',
      `${name}.yaml`,
      `node: { id: ${name}, service: ${service}, version: "${version}", release: "${release}" }
admin: { address: 127.0.0.1:${admin} }
log: { level: error }
data_threads: 1
holmes: { enabled: false }
mesh: { enabled: true, aggregator: { url: ${this.aggregator}, token: ${token} } }
listeners:
  - name: ${role}
    address: 127.0.0.1:${port}
    role: ${role}
    protocol: http${filters}
    routes: [{ match: { prefix: / }, cluster: next }]
clusters:
  - name: next
    endpoints: [${endpoints.map((endpoint) => `127.0.0.1:${endpoint}`).join(', ')}]
`,
    );
    await untilReady(`http://127.0.0.1:${admin}/ready`);
  }

  #aggregatorFile(): string {
    return `listen: 127.0.0.1:${this.#aggregator}
token: ${token}
journal: { path: ${join(this.#folder, 'journal')} }
verdict: { step: 10s }
`;
  }

  async #run(command: string, name: string, text: string): Promise<void> {
    const file = join(this.#folder, name);
    await writeFile(file, text);
    const child = spawn(process.execPath, [program, command, '-c', file], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, XDG_STATE_HOME: this.#folder },
    });
    this.#processes.push(child);
  }

  #call(webs: readonly number[]): void {
    const tickMs = 20;
    let due = 0;
    let next = 0;
    this.#load = setInterval(() => {
      for (due += (this.#options.rate * tickMs) / 1000; due >= 1; due--) {
        next = (next + 1) % webs.length;
        this.calls++;
        const request = get(
          { host: '127.0.0.1', port: webs[next], path: '/', agent: this.#agent },
          (answer) => {
            if ((answer.statusCode ?? 0) >= 500) this.failures++;
            answer.resume();
          },
        );
        request.on('error', () => this.failures++);
      }
    }, tickMs);
  }
}

async function untilReady(url: string): Promise<void> {
  const deadlineMs = performance.now() + readyMs;
  for (;;) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } }).catch(() => null);
    if (answer?.ok === true) return;
    if (performance.now() > deadlineMs) throw new Error(`${url} is not ready after ${readyMs / 1000} s`);
    await delay(50);
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
