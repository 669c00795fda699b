/** HTTP load with wrk: a fixed number of keep-alive connections, each with one request at a time, for some seconds. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly bodyBytes: number;
  readonly connections: number;
  readonly threads: number;
  readonly seconds: number;
}

export interface LoadReport {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface RawReport {
  readonly requests: number;
  readonly microseconds: number;
  readonly bytes: number;
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  readonly status: number;
  readonly timeout: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

const script = fileURLToPath(new URL('report.lua', import.meta.url));
const execute = promisify(execFile);

/** Reads wrk's output. Throws when a single request failed: a figure with errors in it is not a figure. */
export function readReport(output: string, bodyBytes: number): LoadReport {
  const line = /^report (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk printed no report: ${output.trim().slice(-200)}`);
  const raw = JSON.parse(line) as RawReport;
  const errors = (['connect', 'read', 'write', 'timeout', 'status'] as const)
    .filter((kind) => raw[kind] > 0)
    .map(
      (kind) => `${raw[kind]} ${kind === 'status' ? 'answers with status 400 or more' : `${kind} errors`}`,
    );
  if (raw.requests === 0) errors.push('no request was answered');
  // wrk counts only 4xx and 5xx as errors; an empty or short answer of another status shows in the bytes.
  if (raw.bytes < raw.requests * bodyBytes) {
    errors.push(`${raw.bytes} bytes for ${raw.requests} answers of at least ${bodyBytes}`);
  }
  if (errors.length > 0) throw new Error(errors.join(', '));
  return {
    requests: raw.requests,
    seconds: raw.microseconds / 1e6,
    p50Ms: raw.p50 / 1e3,
    p90Ms: raw.p90 / 1e3,
    p99Ms: raw.p99 / 1e3,
    maxMs: raw.max / 1e3,
  };
}

export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const args = [
    '--latency',
    `-t${options.threads}`,
    `-c${options.connections}`,
    `-d${options.seconds}s`,
    '-s',
    script,
    `http://127.0.0.1:${options.port}${options.path}`,
  ];
  const { stdout } = await execute('wrk', args, { timeout: (options.seconds + 20) * 1_000 });
  return readReport(stdout, options.bodyBytes);
}
