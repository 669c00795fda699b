/** One run: prepares the machine, goes through scenarios, rounds and peers in turn, and collects the cells. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowedCores, pinSelf, planCores } from './host/cores.ts';
import { describeMachine, sourceRevision } from './host/machine.ts';
import { stopAll } from './host/running-process.ts';
import { findTool, toolOutput } from './host/tool.ts';
import { startUpstream } from './host/upstream.ts';
import { runCell, type Site } from './measure/cell.ts';
import { measureCeiling } from './measure/load.ts';
import type { BenchOptions } from './options.ts';
import type { PeerName } from './peers/peer.ts';
import { peers } from './peers/table.ts';
import type { Cell, Outcome, Results } from './report/results.ts';
import { type Scenario, type ScenarioName, scenarios } from './scenarios.ts';

/** Throws an Error naming what this machine lacks. */
export function requireTools(): void {
  if (process.platform !== 'linux') {
    throw new Error(`the benchmark reads /proc and needs Linux; this is ${process.platform}`);
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 24 || (major === 24 && minor < 12)) {
    throw new Error(`needs Node 24.12 or later, got ${process.versions.node}; start it with "npm run bench"`);
  }
  const missing = ['wrk', 'nginx', 'taskset'].filter((tool) => findTool(tool) === null);
  if (missing.length > 0) {
    throw new Error(`not installed: ${missing.join(', ')} (apt-get install wrk nginx-light util-linux)`);
  }
}

const ownNames: ReadonlySet<PeerName> = new Set(['meshlock', 'unwatched', 'watched', 'capturing']);

function collectVersions(): Record<string, string> {
  const versions: Record<string, string> = { node: process.versions.node };
  for (const peer of Object.values(peers)) {
    // Named by its revision.
    if (ownNames.has(peer.name)) continue;
    versions[peer.name] = peer.unavailable('http') ?? peer.version();
  }
  versions['wrk'] = /wrk (?:debian\/)?(\S+)/.exec(toolOutput('wrk', ['-v']))?.[1] ?? 'unknown';
  return versions;
}

function describeOutcome(outcome: Outcome): string {
  if (outcome.status === 'failed') return `FAILED: ${outcome.reason}`;
  if (outcome.status === 'unavailable') return outcome.reason;
  const { requestsPerSecond, cpuMicrosPerRequest, p99Ms, idleAddedBytes, idleCoreShare, startMs } =
    outcome.figures;
  if (startMs !== undefined) return `${startMs.toFixed(0)} ms`;
  if (idleAddedBytes !== undefined) {
    return `+${(idleAddedBytes / 1e6).toFixed(1)} MB, ${((idleCoreShare ?? 0) * 100).toFixed(2)} % of a core`;
  }
  return `${requestsPerSecond?.toFixed(0)} requests/s, ${cpuMicrosPerRequest?.toFixed(1)} µs CPU each, p99 ${p99Ms?.toFixed(2)} ms`;
}

/** A B C A B C ...: neighbours in time are what a ratio is taken from. */
async function runScenario(site: Site, scenario: Scenario, rounds: number): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (let round = 1; round <= (scenario.kind === 'idle' ? 1 : rounds); round += 1) {
    for (const name of scenario.peers) {
      const outcome = await runCell(site, peers[name], scenario);
      cells.push({ scenario: scenario.name, peer: name, round, outcome });
      console.log(`${scenario.name} round ${round} ${name.padEnd(10)} ${describeOutcome(outcome)}`);
    }
  }
  return cells;
}

export async function runAll({ only, quick, rounds }: BenchOptions): Promise<Results> {
  const startedAt = new Date();
  const plan = planCores(allowedCores());
  const machine = describeMachine(plan);
  pinSelf(plan);
  const directory = await mkdtemp(join(tmpdir(), 'meshlock-bench-'));
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeDirectory);
  try {
    const upstream = await startUpstream(directory);
    const site: Site = { upstream, directory, proxyCore: plan.proxy, loadCores: plan.load };
    const ceilings: Partial<Record<ScenarioName, number>> = {};
    const cells: Cell[] = [];
    for (const scenario of scenarios(quick)) {
      if (only.length > 0 && !only.includes(scenario.name)) continue;
      if (scenario.kind === 'load') ceilings[scenario.name] = await measureCeiling(site, scenario);
      cells.push(...(await runScenario(site, scenario, rounds)));
    }
    return {
      format: 1,
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1_000,
      quick,
      rounds,
      revision: sourceRevision(),
      machine,
      versions: collectVersions(),
      ceilings,
      cells,
    };
  } finally {
    await stopAll();
    removeDirectory();
  }
}
