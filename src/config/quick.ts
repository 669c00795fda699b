/** A configuration without a file: one HTTP listener in front of one cluster, as given on the command line. */
import { hostname } from 'node:os';
import { MeshlockError, type Problem } from '../base/index.ts';
import { isIpLiteral, readAddress } from './address.ts';
import type { Config } from './model.ts';
import { formatPath, type Path } from './path.ts';
import { checkValue } from './parse.ts';
import type { Finding } from './shape-problems.ts';

export interface QuickOptions {
  /** `8080`, `127.0.0.1:8080`. A port alone means every IPv4 interface. */
  readonly listen: string | number;
  /** One or several endpoints, separated by commas: `127.0.0.1:3000`, `3000`, `app.example:80`. */
  readonly to: string;
  /** Address of the admin plane; by default the file's. */
  readonly admin?: string | number;
}

/** Throws `USAGE` with problems whose paths are `listen`, `to` and `admin`. */
export function quickConfig(options: QuickOptions): Config {
  const endpoints = options.to
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const outcome = checkValue(
    {
      ...(options.admin === undefined ? {} : { admin: options.admin }),
      listeners: [{ name: 'main', address: options.listen, cluster: 'upstream' }],
      clusters: [{ name: 'upstream', type: endpoints.some(isName) ? 'strict_dns' : 'static', endpoints }],
    },
    { baseDirectory: process.cwd(), hostName: hostname() },
  );
  if (outcome.config !== null) return outcome.config;
  throw new MeshlockError('USAGE', 'the addresses given are not valid', outcome.findings.map(toProblem));
}

function isName(endpoint: string): boolean {
  const outcome = readAddress(endpoint, '127.0.0.1');
  return outcome.ok && !isIpLiteral(outcome.value.host);
}

function toProblem({ path, expected, got, hint }: Finding): Problem {
  const problem = { path: optionOf(path), expected, got };
  return hint === undefined ? problem : { ...problem, hint };
}

/** The option that a place in the configuration came from. */
function optionOf(path: Path): string {
  if (path[0] === 'admin') return 'admin';
  if (path[0] === 'listeners') return 'listen';
  return path[0] === 'clusters' ? 'to' : formatPath(path);
}
