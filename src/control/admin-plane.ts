/**
 * What listens for operators and orchestrators: the admin API with the console, and gRPC health. Each is loaded only
 * when it is configured.
 */
import type { ServiceInfo } from '../../health/static.ts';
import type { AdminServer, AdminSource } from '../admin/index.ts';
import { type Clock, formatAddress } from '../base/index.ts';
import type { AdminConfig, SocketAddress } from '../config/index.ts';
import type { Log } from '../telemetry/control.ts';
import type { ClusterSource, TrafficSource } from './console/state.ts';
import type { ConfigurationFacts } from './health/configuration-health.ts';
import type { GrpcHealthServer } from './health/grpc/server.ts';
import type { ProxyHealth } from './health/proxy-health.ts';
import type { MonitorAccess } from './self-diagnosis/monitor-access.ts';

export interface AdminPlaneOptions {
  readonly source: AdminSource;
  readonly health: ProxyHealth;
  readonly diagnosis: MonitorAccess;
  readonly clusters: ClusterSource;
  readonly traffic: TrafficSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Which program this is, by the configuration in force. */
  info(): ServiceInfo;
  configuration(): ConfigurationFacts;
  /** What is loaded while the process begins to end is not begun any more. */
  isEnding(): boolean;
}

export class AdminPlane {
  readonly #options: AdminPlaneOptions;
  #server: AdminServer | null = null;
  #address: SocketAddress | null = null;
  #grpcHealth: GrpcHealthServer | null = null;
  #grpcHealthAddress: SocketAddress | null = null;

  constructor(options: AdminPlaneOptions) {
    this.#options = options;
  }

  /** Where the admin API listens; `null`: not yet, or nowhere. */
  get address(): SocketAddress | null {
    return this.#address;
  }

  /** Where `grpc.health.v1` is served; `null`: not yet, or nowhere. */
  get grpcHealthAddress(): SocketAddress | null {
    return this.#grpcHealthAddress;
  }

  /** Rejects with a MeshlockError when it cannot listen; then `close` is still due. */
  async start(config: AdminConfig): Promise<void> {
    await this.#startServer(config);
    await this.#startGrpcHealth(config);
  }

  async close(): Promise<void> {
    await Promise.all([this.#server?.close(), this.#grpcHealth?.close()]);
  }

  async #startServer({ address, token }: AdminConfig): Promise<void> {
    if (address === null) return;
    const [{ AdminServer }, { diagnosisRoutes }, { healthRoutes }, { consoleRoutes }] = await Promise.all([
      import('../admin/index.ts'),
      import('./self-diagnosis/admin-routes.ts'),
      import('./health/admin-routes.ts'),
      import('./console/admin-routes.ts'),
    ]);
    const { source, health, diagnosis, clusters, traffic, clock, info, configuration, isEnding } =
      this.#options;
    if (isEnding()) return;
    const log = this.#options.log.child('admin');
    this.#server = new AdminServer({
      address,
      token,
      source,
      routes: [
        ...diagnosisRoutes(diagnosis, clock),
        ...healthRoutes(health, info, clock),
        ...consoleRoutes({ admin: source, health, diagnosis, clusters, traffic, clock, configuration }),
      ],
      clock,
      log: {
        info: (fields, message) => log.info(message, { ...fields }),
        warn: (fields, message) => log.warn(message, { ...fields }),
        error: (fields, message) => log.error(message, { ...fields }),
      },
    });
    this.#address = await this.#server.listen();
  }

  async #startGrpcHealth({ grpcAddress: address, token }: AdminConfig): Promise<void> {
    if (address === undefined) return;
    const { GrpcHealthServer } = await import('./health/grpc/server.ts');
    const { clock, health, isEnding } = this.#options;
    if (isEnding()) return;
    const log = this.#options.log.child('health');
    this.#grpcHealth = new GrpcHealthServer({ address, token, health, clock, log });
    this.#grpcHealthAddress = await this.#grpcHealth.listen();
    log.info(`gRPC health is served on ${formatAddress(this.#grpcHealthAddress)}`);
  }
}
