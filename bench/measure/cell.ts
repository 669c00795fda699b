/** One cell: a fresh proxy process on its own core, one scenario, one round. The process ends with the cell. */
import { anyPort } from '../../examples/mesh/addresses.ts';
import { untilReady } from '../host/readiness.ts';
import { RunningProcess } from '../host/running-process.ts';
import type { Upstream } from '../host/upstream.ts';
import type { Peer, PeerSetup } from '../peers/peer.ts';
import type { Figures, Outcome } from '../report/results.ts';
import type { Scenario } from '../scenarios.ts';
import { measureIdle } from './idle.ts';
import { measureLoad } from './load.ts';
import { countLines } from './log-lines.ts';

/** Where a run takes place. */
export interface Site {
  readonly upstream: Upstream;
  readonly directory: string;
  readonly proxyCore: number;
  readonly loadCores: readonly number[];
}

export interface Subject {
  readonly running: RunningProcess;
  readonly setup: PeerSetup;
  readonly startMs: number;
}

async function start(site: Site, peer: Peer, scenario: Scenario): Promise<Subject> {
  const listenPort = await anyPort();
  const setup: PeerSetup = {
    mode: scenario.mode,
    listenPort,
    upstreamPort: site.upstream.port,
    adminPort: await anyPort(),
    directory: site.directory,
    accessLogPath: `${site.directory}/access-${listenPort}.log`,
  };
  const launch = await peer.prepare(setup);
  const running = new RunningProcess({ ...launch, name: peer.name, core: site.proxyCore });
  try {
    const startMs = await untilReady(running, {
      port: listenPort,
      path: scenario.path,
      bodyBytes: scenario.bodyBytes,
    });
    return { running, setup, startMs };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

function measure(site: Site, subject: Subject, scenario: Scenario): Promise<Figures> {
  if (scenario.kind === 'load') return measureLoad(site, subject, scenario);
  if (scenario.kind === 'idle') return measureIdle(subject, scenario);
  return Promise.resolve({ startMs: subject.startMs });
}

async function measureOnce(site: Site, peer: Peer, scenario: Scenario): Promise<Figures> {
  const subject = await start(site, peer, scenario);
  let figures: Figures;
  try {
    figures = await measure(site, subject, scenario);
    if (subject.running.ending !== null) throw new Error(`${peer.name} ended with ${subject.running.ending}`);
  } finally {
    await subject.running.stop();
  }
  if (scenario.mode === 'http-log') {
    const lines = await countLines(subject.setup.accessLogPath);
    const requests = figures.requests ?? 0;
    if (lines < requests)
      throw new Error(`the access log has ${lines} lines for more than ${requests} requests`);
  }
  return figures;
}

export async function runCell(site: Site, peer: Peer, scenario: Scenario): Promise<Outcome> {
  const absent = peer.unavailable(scenario.mode);
  if (absent !== null) return { status: 'unavailable', reason: absent };
  try {
    return { status: 'measured', figures: await measureOnce(site, peer, scenario) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Results are published: no path of this machine in them.
    return { status: 'failed', reason: message.replaceAll(site.directory, '<run>').replaceAll('\n', ' ') };
  }
}
