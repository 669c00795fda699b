/** The admin port of a proxy whose monitor is planted: the real server and routes with the page, on a free port. */
import { ManualClock } from '../../../src/base/index.ts';
import { AdminServer } from '../../../src/admin/index.ts';
import { diagnosisRoutes } from '../../../src/control/self-diagnosis/admin-routes.ts';
import type { MonitorAccess } from '../../../src/control/self-diagnosis/monitor-access.ts';
import { FakeSource } from '../../unit/admin/fake-source.ts';
import { RecordingLog } from '../../unit/admin/harness.ts';

export interface AdminPort {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  close(): Promise<void>;
}

export async function openAdminPort(access: MonitorAccess): Promise<AdminPort> {
  const routes = diagnosisRoutes(access, new ManualClock());
  const address = { host: '127.0.0.1', port: 0 };
  const server = new AdminServer({
    address,
    token: '',
    source: new FakeSource(),
    log: new RecordingLog(),
    routes,
  });
  const { port } = await server.listen();
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}
