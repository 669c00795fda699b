/** The admin port of a proxy whose monitor is planted: the real server and routes with the console, on a free port. */
import { AdminServer } from '../../../src/admin/index.ts';
import { ManualClock } from '../../../src/base/index.ts';
import { consoleRoutes } from '../../../src/control/console/admin-routes.ts';
import type { ConsoleSources } from '../../../src/control/console/state.ts';
import { diagnosisRoutes } from '../../../src/control/self-diagnosis/admin-routes.ts';
import type { MonitorAccess } from '../../../src/control/self-diagnosis/monitor-access.ts';
import { FakeSource } from '../../unit/admin/fake-source.ts';
import { RecordingLog } from '../../unit/admin/harness.ts';
import { consoleSources } from '../../unit/control/console/sources.ts';

export interface AdminPort {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  close(): Promise<void>;
}

export interface PortOptions {
  /** 0: any free one. */
  readonly port?: number;
  readonly token?: string;
  readonly changes?: Partial<ConsoleSources>;
}

export async function openAdminPort(access: MonitorAccess, options: PortOptions = {}): Promise<AdminPort> {
  const { port = 0, token = '', changes = {} } = options;
  const routes = [
    ...diagnosisRoutes(access, new ManualClock()),
    ...consoleRoutes({ ...consoleSources(), diagnosis: access, ...changes }),
  ];
  const address = { host: '127.0.0.1', port };
  const server = new AdminServer({
    address,
    token,
    source: new FakeSource(),
    log: new RecordingLog(),
    routes,
  });
  const bound = await server.listen();
  return { origin: `http://127.0.0.1:${bound.port}`, close: () => server.close() };
}
