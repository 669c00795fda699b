import { Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import type { healthJson } from '../../../../health/static.ts';
import { ManualClock, seededRandom } from '../../../../src/base/index.ts';
import { healthRoutes } from '../../../../src/control/health/admin-routes.ts';
import { measureHealth } from '../../../../src/control/health/metrics.ts';
import { ProxyHealth } from '../../../../src/control/health/proxy-health.ts';
import { type Admin, startAdmin } from '../../admin/harness.ts';
import { captureRecord, FakeMonitor } from '../self-diagnosis/fake-monitor.ts';
import { testLog } from '../test-log.ts';
import { cluster, FakeFacts, readinessFacts, threadReport } from './fake-facts.ts';

type HealthJson = ReturnType<typeof healthJson>;

interface Stage {
  readonly health: ProxyHealth;
  readonly facts: FakeFacts;
  readonly clock: ManualClock;
  readonly lines: ReturnType<typeof testLog>['lines'];
  opened: number;
}

const healths: ProxyHealth[] = [];

afterEach(async () => {
  for (const health of healths.splice(0)) await health.close();
});

function make(change: (facts: FakeFacts) => void = () => {}): Stage {
  const facts = new FakeFacts();
  change(facts);
  const clock = new ManualClock();
  const { log, lines } = testLog();
  const health = new ProxyHealth({
    facts,
    clock,
    random: seededRandom(1),
    log: log.child('health'),
    onOpen: () => {
      stage.opened++;
    },
  });
  healths.push(health);
  const stage: Stage = { health, facts, clock, lines, opened: 0 };
  return stage;
}

function started(change?: (facts: FakeFacts) => void): Stage {
  const stage = make(change);
  stage.health.start();
  return stage;
}

const broken = (facts: FakeFacts): void => {
  facts.clusters = () => [cluster('app', ['unhealthy'])];
};
const whole = (facts: FakeFacts): void => {
  facts.clusters = () => [cluster('app', ['healthy'])];
};

describe('the health of a proxy', () => {
  test('opens the gate when every required component is well', () => {
    const stage = started(broken);
    expect(stage.health.gate).toMatchObject({
      state: 'closed',
      waitingFor: ['cluster clusters: app: 0 of 1 endpoint is healthy'],
    });
    expect([stage.health.mayOpen(), stage.opened]).toEqual([false, 0]);
    whole(stage.facts);
    stage.health.look();
    expect(stage.health.gate.state).toBe('open');
    expect([stage.health.mayOpen(), stage.opened]).toEqual([true, 1]);
    stage.facts.readiness = () => readinessFacts({ threads: [threadReport(1, { state: 'stalled' })] });
    stage.health.look();
    expect(stage.health.gate.state).toBe('closed');
    stage.facts.readiness = () => readinessFacts();
    stage.health.look();
    expect(stage.health.gate.state).toBe('open');
  });

  test('tells of the opening also after an override came and went before there was anything to open', () => {
    const stage = started(broken);
    const until = stage.clock.wall() + 60_000;
    stage.health.override({ to: 'open', reason: 'test', by: 'test', until });
    stage.health.override(null);
    const before = stage.opened;
    whole(stage.facts);
    stage.health.look();
    expect([stage.health.gate.state, stage.opened]).toEqual(['open', before + 1]);
  });

  test('looks again by itself', () => {
    const stage = started(broken);
    whole(stage.facts);
    stage.clock.advance(1100);
    expect(stage.health.gate.state).toBe('open');
  });

  test('does not close for a cluster that fails while traffic flows', () => {
    const stage = started();
    broken(stage.facts);
    stage.health.look();
    expect(stage.health.gate.state).toBe('open');
    expect(stage.health.snapshot.status).toBe('degraded');
  });

  test('is only degraded by what is optional', () => {
    const stage = started((facts) => {
      facts.names = () => [{ name: 'app.test', state: 'failed', addresses: [], error: 'no such name' }];
    });
    expect([stage.health.snapshot.status, stage.health.gate.state]).toEqual(['degraded', 'open']);
  });

  test('says in the log what got worse, by its name', () => {
    const stage = started();
    stage.facts.readiness = () => readinessFacts({ threads: [threadReport(1, { state: 'stalled' })] });
    stage.health.look();
    const warned = stage.lines.all.filter(({ level }) => level === 'warn');
    expect(warned).toContainEqual(
      expect.objectContaining({
        message: 'a component got worse: threads',
        part: 'threads',
        to: 'unhealthy',
      }),
    );
  });

  test('names the capture that was taken when a component got worse: in the log, in the probes and in health+json', async () => {
    const stage = started();
    const monitor = new FakeMonitor();
    const near = captureRecord({ id: 'near', at: stage.clock.wall() + 5000 });
    const far = captureRecord({ id: 'far', at: stage.clock.wall() - 61_000 });
    monitor.figuresNow = { ...monitor.figuresNow, latest: [far] };
    stage.facts.captures = { monitor, obstacle: '' };
    stage.facts.readiness = () => readinessFacts({ threads: [threadReport(1, { state: 'stalled' })] });
    stage.health.look();
    const admin = await serve(stage);
    const worse = 'a component got worse: threads';
    expect(stage.lines.all.find(({ message }) => message === worse)).not.toHaveProperty('capture');
    expect((await admin.get('/readyz')).body).not.toContain('(capture ');
    // Its capture is finished only now.
    monitor.figuresNow = { ...monitor.figuresNow, latest: [far, near] };
    stage.clock.advance(30_000);
    expect(stage.lines.all).toContainEqual(
      expect.objectContaining({ part: 'threads', to: 'unhealthy', capture: 'near' }),
    );
    expect((await admin.get('/readyz?verbose')).body).toMatch(/^\[-\]threads failed: .* \(capture near\)$/m);
    expect((await admin.get('/livez/threads')).body).toContain('(capture near)');
    const { checks, transitions } = JSON.parse((await admin.get('/v1/health')).body) as HealthJson;
    expect(checks['threads:status']![0]!.capture).toBe('near');
    expect(transitions.find(({ componentId }) => componentId === 'threads')).toMatchObject({
      to: 'unhealthy',
      capture: 'near',
    });
    // A later one is there when it happens.
    stage.facts.readiness = () => readinessFacts();
    stage.health.look();
    stage.facts.readiness = () => readinessFacts({ threads: [threadReport(1, { state: 'stalled' })] });
    stage.health.look();
    const said = stage.lines.all.filter(({ message }) => message === worse);
    expect(said.at(-1)).toMatchObject({ capture: 'near' });
  });

  test('counts transitions and shows every status as a metric', async () => {
    const stage = make(broken);
    const registry = new Registry();
    measureHealth(registry, stage.health);
    stage.health.start();
    const metrics = await registry.metrics();
    expect(metrics).toContain(
      'meshlock_health_component_status{component="clusters",kind="cluster",required="true",status="unhealthy"} 1',
    );
    expect(metrics).toContain('meshlock_health_transitions_total{component="clusters",status="unhealthy"} 1');
    expect(metrics).toContain('meshlock_gate_open 0');
  });
});

async function serve(stage: Stage): Promise<Admin> {
  const info = { releaseId: 'r7', version: '1.2.3', serviceId: 'cart-1' };
  return startAdmin({ routes: healthRoutes(stage.health, () => info, stage.clock) });
}

describe('the probes', () => {
  test('are short when all is well and verbose when asked', async () => {
    const admin = await serve(started());
    for (const path of ['/livez', '/readyz', '/startupz']) {
      expect(await admin.get(path)).toMatchObject({ status: 200, body: 'ok\n' });
    }
    const { body } = await admin.get('/readyz?verbose');
    expect(body).toContain('[+]traffic-gate ok\n[+]configuration ok\n');
    expect(body).toContain('readyz check passed');
  });

  test('say what is wrong, and leave out what is excluded', async () => {
    const admin = await serve(started(broken));
    const ready = await admin.get('/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body).toContain('[-]clusters failed: app: 0 of 1 endpoint is healthy');
    expect((await admin.get('/livez')).status).toBe(200);
    expect((await admin.get('/startupz')).status).toBe(503);
    expect((await admin.get('/readyz?exclude=clusters')).status).toBe(503);
    expect((await admin.get('/readyz?exclude=clusters,traffic-gate')).status).toBe(200);
    expect((await admin.get('/readyz?exclude=clusters,traffic-gate,nothing&verbose')).body).toContain(
      '"nothing"',
    );
  });

  test('answer for one component, with its items when asked', async () => {
    const admin = await serve(started(broken));
    expect(await admin.get('/readyz/clusters?verbose')).toMatchObject({
      status: 503,
      body: '[-]clusters failed: app: 0 of 1 endpoint is healthy\n  app unhealthy: 0 of 1 endpoint is healthy\n',
    });
    expect((await admin.get('/readyz/threads')).status).toBe(200);
    expect((await admin.get('/livez/threads')).status).toBe(200);
    expect((await admin.get('/readyz/nobody')).status).toBe(404);
  });

  test('answer health+json: 503 for fail, 200 for warn', async () => {
    const stage = started(broken);
    const admin = await serve(stage);
    const failed = await admin.get('/v1/health');
    expect(failed).toMatchObject({ status: 503, headers: { 'content-type': 'application/health+json' } });
    expect(JSON.parse(failed.body)).toMatchObject({ status: 'fail', releaseId: 'r7', serviceId: 'cart-1' });
    stage.facts.clusters = () => [cluster('app', ['healthy', 'unhealthy'])];
    stage.health.look();
    const warned = await admin.get('/v1/health');
    expect([warned.status, (JSON.parse(warned.body) as { status: string }).status]).toEqual([200, 'warn']);
  });
});

describe('the override of the gate', () => {
  test('opens it for a time, with a reason that is logged', async () => {
    const stage = started(broken);
    const admin = await serve(stage);
    const path = '/gate/override?to=open&for=10m&reason=billing%20is%20down';
    expect((await admin.post(path)).body).toContain('held open by admin API until');
    expect([stage.health.gate.state, stage.opened, stage.health.mayOpen()]).toEqual(['open', 1, true]);
    expect(stage.lines.all).toContainEqual(
      expect.objectContaining({ level: 'warn', reason: 'billing is down', to: 'open' }),
    );
    stage.clock.advance(10 * 60_000 + 1);
    expect(stage.health.gate).toMatchObject({ state: 'closed', override: null });
  });

  test('ends when it is cleared', async () => {
    const stage = started();
    const admin = await serve(stage);
    await admin.post('/gate/override?to=closed&for=2h&reason=upgrade');
    expect((await admin.get('/gate')).body).toMatch(/^closed since .*\nheld closed by admin API/);
    await admin.post('/gate/override/clear');
    expect(await admin.json('/gate')).toMatchObject({ state: 'open', override: null });
  });

  test('is refused with every problem', async () => {
    const admin = await serve(started());
    const { status, body } = await admin.post('/gate/override?for=3d');
    expect(status).toBe(400);
    for (const name of ['to', 'for', 'reason']) expect(body).toContain(`  ${name}: expected`);
  });
});
