/**
 * Where a proxy spends its time under the benchmark's load: samples its threads through the inspector and prints the
 * functions with the most self time of the busiest one (with one data thread: that one).
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { allowedCores, pinSelf, planCores } from './host/cores.ts';
import { anyPort } from '../examples/mesh/addresses.ts';
import { untilReady } from './host/readiness.ts';
import { RunningProcess, stopAll } from './host/running-process.ts';
import { startUpstream } from './host/upstream.ts';
import { type LoadReport, runLoad } from './load/wrk.ts';
import { PeerName, type PeerSetup } from './peers/peer.ts';
import { peers } from './peers/table.ts';
import { type CpuProfile, renderProfile, summarizeProfile } from './profile/cpu-profile.ts';
import { Inspector, type InspectorSession } from './profile/inspector.ts';
import { requireTools } from './run.ts';
import { type LoadScenario, scenarios } from './scenarios.ts';

const usage = `Shows where a Node proxy spends its time under load.

  node bench/profile.ts [--scenario http-1k] [--peer meshlock] [--seconds 5] [--interval 200] [--top 40] [--lines 3]

  --scenario   http-1k, http-64k, http-1k-log, tcp-1k or tcp-64k
  --peer       meshlock, undici, fastify or http-proxy
  --interval   microseconds between two samples
  --lines      hottest lines shown of each function
  --all        every thread, not only the busiest

The profiles are kept in .tmp/bench/ (open them in a browser's developer tools).
`;

interface ProfileOptions {
  readonly scenario: LoadScenario;
  readonly peer: PeerName;
  readonly seconds: number;
  readonly intervalMicros: number;
  readonly top: number;
  readonly lines: number;
  readonly all: boolean;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name}: got "${text}", expected a whole number from 1`);
}

/** `null` when only help was wanted. */
function parseOptions(args: readonly string[]): ProfileOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', default: 'http-1k' },
      peer: { type: 'string', default: 'meshlock' },
      seconds: { type: 'string', default: '5' },
      interval: { type: 'string', default: '200' },
      top: { type: 'string', default: '40' },
      lines: { type: 'string', default: '3' },
      all: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const scenario = scenarios(false).find(({ name }) => name === values.scenario);
  if (scenario?.kind !== 'load') throw new Error(`--scenario: no load scenario "${values.scenario}"`);
  const peer = PeerName.find((name) => name === values.peer && name !== 'nginx' && name !== 'haproxy');
  if (peer === undefined) throw new Error(`--peer: "${values.peer}" is not one that runs on Node`);
  const reason = peers[peer].unavailable(scenario.mode);
  if (reason !== null) throw new Error(`${peer}: ${reason}`);
  return {
    scenario,
    peer,
    seconds: wholeNumber('seconds', values.seconds),
    intervalMicros: wholeNumber('interval', values.interval),
    top: wholeNumber('top', values.top),
    lines: wholeNumber('lines', values.lines),
    all: values.all,
  };
}

async function startInspected(
  options: ProfileOptions,
  setup: PeerSetup,
  core: number,
): Promise<RunningProcess> {
  const { command, args } = await peers[options.peer].prepare(setup);
  const { path, bodyBytes } = options.scenario;
  const running = new RunningProcess({
    name: options.peer,
    command,
    args: ['--inspect=127.0.0.1:0', ...args],
    core,
  });
  await untilReady(running, { port: setup.listenPort, path, bodyBytes });
  return running;
}

async function sampleUnderLoad(
  inspector: Inspector,
  load: () => Promise<LoadReport>,
  intervalMicros: number,
): Promise<{ report: LoadReport; profiles: [InspectorSession, CpuProfile][] }> {
  const { sessions } = inspector;
  for (const session of sessions) {
    await session.request('Profiler.enable');
    await session.request('Profiler.setSamplingInterval', { interval: intervalMicros });
    await session.request('Profiler.start');
  }
  const report = await load();
  const profiles: [InspectorSession, CpuProfile][] = [];
  for (const session of sessions) {
    const { profile } = await session.request<{ profile: CpuProfile }>('Profiler.stop');
    profiles.push([session, profile]);
  }
  return { report, profiles };
}

async function show(
  profiles: readonly [InspectorSession, CpuProfile][],
  options: ProfileOptions,
): Promise<void> {
  const folder = fileURLToPath(new URL('../.tmp/bench/', import.meta.url));
  await mkdir(folder, { recursive: true });
  const read = profiles
    .map(([session, profile]) => ({ session, profile, summary: summarizeProfile(profile) }))
    .sort((a, b) => b.summary.busyMicros - a.summary.busyMicros);
  for (const [index, { session, profile, summary }] of read.entries()) {
    const file = `${options.peer}-${options.scenario.name}-${index}.cpuprofile`;
    await writeFile(`${folder}${file}`, JSON.stringify(profile));
    console.log(`\n${session.name} (.tmp/bench/${file})`);
    const shown = index === 0 || options.all ? options.top : 3;
    console.log(renderProfile(summary, { top: shown, lines: options.lines }));
  }
}

async function run(options: ProfileOptions): Promise<void> {
  const plan = planCores(allowedCores());
  pinSelf(plan);
  const directory = await mkdtemp(join(tmpdir(), 'meshlock-profile-'));
  try {
    const upstream = await startUpstream(directory);
    const { scenario } = options;
    const setup: PeerSetup = {
      mode: scenario.mode,
      listenPort: await anyPort(),
      adminPort: await anyPort(),
      upstreamPort: upstream.port,
      directory,
      accessLogPath: join(directory, 'access.log'),
    };
    const running = await startInspected(options, setup, plan.proxy);
    const url = /ws:\/\/\S+/.exec(running.output)?.[0];
    if (url === undefined) throw new Error(`${options.peer} printed no inspector address: ${running.output}`);
    const inspector = await Inspector.connect(url);
    const { path, bodyBytes, connections, warmSeconds } = scenario;
    const load = (seconds: number): Promise<LoadReport> =>
      runLoad({ port: setup.listenPort, path, bodyBytes, connections, threads: 1, seconds });
    await load(warmSeconds);
    const found = await sampleUnderLoad(inspector, () => load(options.seconds), options.intervalMicros);
    inspector.close();
    const { requests, seconds } = found.report;
    console.log(
      `${options.peer}, ${scenario.name}: ${Math.round(requests / seconds)} requests/s while sampled every ${options.intervalMicros} µs`,
    );
    await show(found.profiles, options);
  } finally {
    await stopAll();
    await rm(directory, { recursive: true, force: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(usage);
  else {
    requireTools();
    await run(options);
  }
} catch (error) {
  console.error(`profile: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}
