/**
 * What a configuration needs from the machine it is on: the host's name, the token in its file, and paths relative to
 * the file's directory made absolute. First everything is checked, on the unchecked values; then it is filled in.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { MeshlockError } from '../base/index.ts';
import type { FileConfig } from './file-schema.ts';
import type {
  AccessLogConfig,
  AdminConfig,
  Config,
  FilterConfig,
  HolmesConfig,
  ListenerConfig,
  MeshConfig,
} from './model.ts';
import { type Path, Place } from './path.ts';
import { type Reading, read, refuse } from './reading.ts';
import type { Finding } from './shape-problems.ts';
import { readToken } from './token-schema.ts';

export interface Surroundings {
  /** Absolute; relative paths of the file start here. */
  readonly baseDirectory: string;
  /** The node's id where the file has none. */
  readonly hostName: string;
}

/** Files that are named but not there, or not what they should be. */
export function surroundingFindings(root: unknown, { baseDirectory }: Surroundings): Finding[] {
  const file = new Place(root);
  const tokenFiles = [
    file.at('admin'),
    file.at('holmes').at('pyroscope'),
    file.at('mesh').at('aggregator'),
  ].map((place) => place.at('token_file'));
  const modules = file
    .at('listeners')
    .items()
    .flatMap((listener) => listener.at('filters').items())
    .map((filter) => filter.at('module'));
  return [
    ...tokenFiles.flatMap((place) =>
      findingsOf(place, (path) => readTokenFile(resolve(baseDirectory, path))),
    ),
    ...modules.flatMap((module) => findingsOf(module, (path) => checkModule(resolve(baseDirectory, path)))),
  ];
}

export function resolveConfig(file: FileConfig, surroundings: Surroundings): Config {
  const { node, admin, holmes, mesh, listeners, ...rest } = file;
  return {
    ...rest,
    node: { ...node, id: node.id ?? surroundings.hostName },
    admin: resolveAdmin(admin, surroundings.baseDirectory),
    holmes: resolveHolmes(holmes, node.service, surroundings.baseDirectory),
    mesh: resolveMesh(mesh, surroundings.baseDirectory),
    listeners: listeners.map((listener) => resolveListener(listener, surroundings.baseDirectory)),
  };
}

function resolveAdmin(admin: FileConfig['admin'], directory: string): AdminConfig {
  const { tokenFile: _, ...rest } = admin;
  return { ...rest, token: tokenOf(admin, directory) };
}

function resolveHolmes(holmes: FileConfig['holmes'], service: string, directory: string): HolmesConfig {
  const { pyroscope } = holmes;
  const folder = holmes.directory === null ? null : resolve(directory, holmes.directory);
  if (pyroscope === null) return { ...holmes, directory: folder, pyroscope };
  const { tokenFile: _, ...push } = pyroscope;
  const token = tokenOf(pyroscope, directory);
  const application = push.application ?? service;
  return { ...holmes, directory: folder, pyroscope: { ...push, application, token } };
}

function resolveMesh(mesh: FileConfig['mesh'], directory: string): MeshConfig {
  const { aggregator } = mesh;
  if (aggregator === null) return { ...mesh, aggregator };
  return { ...mesh, aggregator: { url: aggregator.url, token: tokenOf(aggregator, directory) } };
}

function tokenOf(
  { token, tokenFile }: { readonly token: string; readonly tokenFile: string | null },
  directory: string,
): string {
  if (tokenFile === null) return token;
  const outcome = readTokenFile(resolve(directory, tokenFile));
  if (outcome.ok) return outcome.value;
  // It was sound a moment ago, so somebody is replacing it; the caller keeps what it has and may try again.
  throw new MeshlockError('CONFIG_UNREADABLE', `cannot read ${tokenFile}: it changed while it was read`);
}

function resolveListener(listener: ListenerConfig, directory: string): ListenerConfig {
  const { protocol } = listener;
  const accessLogs = listener.accessLogs.map(
    (log): AccessLogConfig => ({ ...log, path: resolve(directory, log.path) }),
  );
  if (protocol.kind === 'tcp') return { ...listener, accessLogs };
  const filters = protocol.filters.map(
    (filter): FilterConfig => ({
      ...filter,
      module: filter.module === null ? null : resolve(directory, filter.module),
    }),
  );
  return { ...listener, accessLogs, protocol: { ...protocol, filters } };
}

function findingsOf(place: Place, check: (path: string) => Reading<unknown>): Finding[] {
  if (place.text === undefined || place.text === '') return [];
  const outcome = check(place.text);
  if (outcome.ok) return [];
  const path: Path = place.path;
  return [{ path, expected: outcome.expected, got: JSON.stringify(place.text), hint: outcome.hint }];
}

function readTokenFile(path: string): Reading<string> {
  try {
    if (statSync(path).size > 8192) return refuse('a file with a token of at most 4096 characters');
    const outcome = readToken(readFileSync(path, 'utf8').trim());
    return outcome.ok ? outcome : refuse(`a file that holds ${outcome.expected}`);
  } catch (error) {
    return refuse('a file that can be read', `${errorCode(error)}: ${path}`);
  }
}

function checkModule(path: string): Reading<string> {
  try {
    return statSync(path).isFile() ? read(path) : refuse('the path of a module', `${path} is not a file`);
  } catch (error) {
    return refuse('the path of a module that exists', `${errorCode(error)}: ${path}`);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'failed';
}
