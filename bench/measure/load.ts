/** Requests per second, CPU time per request, latency and memory of a proxy under full load. */
import { coreTime, sharesBetween } from '../host/core-time.ts';
import { cpuBetween, cpuSnapshot, memoryOf } from '../host/process-tree.ts';
import { type LoadOptions, runLoad } from '../load/wrk.ts';
import type { Figures } from '../report/results.ts';
import type { LoadScenario } from '../scenarios.ts';
import type { Site, Subject } from './cell.ts';

function loadOptions(site: Site, scenario: LoadScenario, port: number): Omit<LoadOptions, 'seconds'> {
  const { path, bodyBytes, connections } = scenario;
  return { port, path, bodyBytes, connections, threads: site.loadCores.length > 2 ? 2 : 1 };
}

export async function measureLoad(site: Site, subject: Subject, scenario: LoadScenario): Promise<Figures> {
  const { pid } = subject.running;
  const options = loadOptions(site, scenario, subject.setup.listenPort);
  await runLoad({ ...options, seconds: scenario.warmSeconds });

  const cpuBefore = cpuSnapshot(pid);
  const coreBefore = coreTime([site.proxyCore]);
  const loadBefore = coreTime(site.loadCores);
  const startedAtMs = performance.now();
  const report = await runLoad({ ...options, seconds: scenario.measureSeconds });
  const wallNs = (performance.now() - startedAtMs) * 1e6;
  const core = sharesBetween(coreBefore, coreTime([site.proxyCore]));
  const load = sharesBetween(loadBefore, coreTime(site.loadCores));
  const cpu = cpuBetween(cpuBefore, cpuSnapshot(pid));

  const proxyCoreShare = cpu.totalNs / wallNs;
  return {
    requests: report.requests,
    requestsPerSecond: report.requests / report.seconds,
    requestsPerCpuSecond: report.requests / (cpu.totalNs / 1e9),
    cpuMicrosPerRequest: cpu.totalNs / 1e3 / report.requests,
    busiestThreadCpuMicrosPerRequest: cpu.busiestThreadNs / 1e3 / report.requests,
    p50Ms: report.p50Ms,
    p90Ms: report.p90Ms,
    p99Ms: report.p99Ms,
    maxMs: report.maxMs,
    peakResidentBytes: memoryOf(pid).peakResidentBytes,
    proxyCoreShare,
    foreignCoreShare: Math.max(0, core.busy - proxyCoreShare),
    stolenCoreShare: core.stolen,
    loadCoreShare: load.busy,
  };
}

/** Requests per second straight at the upstream: what the load and the upstream can do without a proxy. */
export async function measureCeiling(site: Site, scenario: LoadScenario): Promise<number> {
  const options = loadOptions(site, scenario, site.upstream.port);
  const { requests, seconds } = await runLoad({ ...options, seconds: scenario.warmSeconds });
  return requests / seconds;
}
