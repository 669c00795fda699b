/**
 * The order of the rooms as a check over plain text: takes a plan and the sources, answers what breaks the plan. Knows
 * nothing of the disk, so that its own tests can plant one mistake each.
 */
import { posix } from 'node:path';
import { type ModuleReference, moduleReferences } from '../../build/module-references.ts';

export interface Plan {
  /** Folders in their order: a room may import the rooms before it, by their `index.ts`. */
  readonly rooms: readonly string[];
  /** Folders that import no other room, and who may import them. */
  readonly standAlone: Readonly<Record<string, readonly string[]>>;
  /** Files outside every room, which may import any room of `rooms`. */
  readonly outermost: readonly string[];
  /** Further doors, and the only rooms that may use each. */
  readonly secondDoors: Readonly<Record<string, readonly string[]>>;
  /** Rooms whose types, but nothing of run time, any room may import. */
  readonly typesForAll: readonly string[];
  /** Rooms that a data thread loads: nothing they import, directly or not, may load one of `heavyPackages`. */
  readonly lightRooms: readonly string[];
  /** Names of packages; a trailing `/` means the whole scope. */
  readonly heavyPackages: readonly string[];
}

export interface Verdict {
  /** `path:line: what is wrong`, sorted. */
  readonly violations: readonly string[];
  readonly files: number;
  readonly references: number;
}

interface Edge extends ModuleReference {
  readonly from: string;
  /** The file in the repository, or the package, that is named. */
  readonly to: string;
  readonly relative: boolean;
}

/** `sources`: text by path from the repository's root, with `/`. */
export function judge(plan: Plan, sources: ReadonlyMap<string, string>): Verdict {
  const edges = [...sources].flatMap(([path, source]) => edgesOf(path, source));
  const violations = [
    ...strangers(plan, sources),
    ...edges.filter(({ relative }) => relative).flatMap((edge) => badEdge(plan, sources, edge)),
    ...cycles(plan, edges),
    ...heavyLoads(plan, edges),
  ];
  return { violations: violations.sort(), files: sources.size, references: edges.length };
}

function edgesOf(path: string, source: string): readonly Edge[] {
  return moduleReferences(path, source).map((reference) => {
    const relative = reference.specifier.startsWith('.');
    const to = relative ? posix.join(posix.dirname(path), reference.specifier) : reference.specifier;
    return { ...reference, from: path, to, relative };
  });
}

/** The room that a file belongs to, or the file itself when it is an outermost one; `null`: neither. */
function roomOf(plan: Plan, path: string): string | null {
  if (plan.outermost.includes(path)) return path;
  const folders = [...plan.rooms, ...Object.keys(plan.standAlone)];
  return folders.find((folder) => path.startsWith(`${folder}/`)) ?? null;
}

function strangers(plan: Plan, sources: ReadonlyMap<string, string>): readonly string[] {
  const paths = [...sources.keys()].filter((path) => roomOf(plan, path) === null);
  return paths.map((path) => `${path}:1: lies in no room of the plan`);
}

function badEdge(plan: Plan, sources: ReadonlyMap<string, string>, edge: Edge): readonly string[] {
  const problem = doorProblem(plan, sources, edge) ?? orderProblem(plan, edge);
  return problem === null ? [] : [`${edge.from}:${edge.line}: ${problem}`];
}

function doorProblem(plan: Plan, sources: ReadonlyMap<string, string>, edge: Edge): string | null {
  const { from, to, kind } = edge;
  const isModule = to.endsWith('.ts');
  if (isModule && !sources.has(to)) return `names ${to}, which is not there`;
  const [user, owner] = [roomOf(plan, from), roomOf(plan, to)];
  if (!isModule || owner === null || user === owner || kind === 'url') return null;
  const users = plan.secondDoors[to];
  if (users !== undefined)
    return users.includes(user ?? '') ? null : `uses ${to}, a door for ${users.join(', ')} only`;
  return to === `${owner}/index.ts` ? null : `enters ${owner} by the back door ${to}`;
}

function orderProblem(plan: Plan, { from, to, typeOnly }: Edge): string | null {
  const [user, owner] = [roomOf(plan, from), roomOf(plan, to)];
  if (user === null || owner === null || user === owner) return null;
  if (plan.outermost.includes(owner)) return `imports ${owner}, which nothing may import`;
  const mayUse = plan.standAlone[owner];
  if (mayUse !== undefined) return mayUse.includes(user) ? null : `may not import ${owner}`;
  if (plan.standAlone[user] !== undefined) return `${user} stands alone and may not import ${owner}`;
  if (plan.outermost.includes(user)) return null;
  if (plan.rooms.indexOf(owner) < plan.rooms.indexOf(user)) return null;
  if (!plan.typesForAll.includes(owner)) return `${user} may not import ${owner}, which comes after it`;
  return typeOnly ? null : `${user} may import only types of ${owner}, by \`import type\``;
}

/** Each cycle of rooms at run time, once, from its first room by name. */
function cycles(plan: Plan, edges: readonly Edge[]): readonly string[] {
  const next = new Map<string, Set<string>>();
  for (const { from, to, typeOnly, relative } of edges) {
    const [user, owner] = [roomOf(plan, from), roomOf(plan, to)];
    if (typeOnly || !relative || user === null || owner === null || user === owner) continue;
    next.set(user, (next.get(user) ?? new Set()).add(owner));
  }
  const found = new Set<string>();
  const walk = (path: readonly string[]): void => {
    for (const room of next.get(path.at(-1) ?? '') ?? []) {
      const start = path.indexOf(room);
      if (start === -1) walk([...path, room]);
      else if (start === 0 && path.toSorted()[0] === room) found.add([...path, room].join(' -> '));
    }
  };
  for (const room of next.keys()) walk([room]);
  return [...found].map((cycle) => `cycle of rooms: ${cycle}`);
}

/** For each light room and heavy package the shortest way by which the one loads the other. */
function heavyLoads(plan: Plan, edges: readonly Edge[]): readonly string[] {
  const loads = edges.filter(({ typeOnly, kind }) => !typeOnly && kind !== 'url');
  const bySource = Map.groupBy(loads, ({ from }) => from);
  return plan.lightRooms.flatMap((room) => {
    const starts = [...bySource.keys()].filter((path) => path.startsWith(`${room}/`));
    const ways = starts.map((path) => [path]);
    const seen = new Set(starts);
    const found: string[] = [];
    for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
      for (const { to, relative } of bySource.get(way.at(-1) ?? '') ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        if (relative) ways.push([...way, to]);
        else if (isHeavy(plan, to))
          found.push(`${way[0]}:1: loads ${to} into a data thread: ${[...way, to].join(' -> ')}`);
      }
    }
    return found;
  });
}

function isHeavy(plan: Plan, specifier: string): boolean {
  return plan.heavyPackages.some((name) =>
    name.endsWith('/') ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`),
  );
}
