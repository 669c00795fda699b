/**
 * Where in the file system the cgroups of this process lie, from its own cgroup up to the topmost that can be seen.
 * Version 2 has one tree for everything, version 1 one per controller, and a hybrid machine has both.
 */

/** Directories from the process's own cgroup upward; empty: there is none. */
export interface CgroupPlaces {
  readonly unified: readonly string[];
  readonly cpuV1: readonly string[];
  readonly cpuacctV1: readonly string[];
  readonly memoryV1: readonly string[];
}

interface Mount {
  /** Part of the tree that is mounted: `/docker/4f1c` in a container that sees only its own. */
  readonly root: string;
  readonly point: string;
  readonly isUnified: boolean;
  readonly controllers: readonly string[];
}

/** Deeper nesting than any container runtime makes. */
const maxDepth = 32;

/** `cgroups`, `mounts`: contents of /proc/self/cgroup and /proc/self/mountinfo. Lines that make no sense count as missing. */
export function cgroupPlaces(cgroups: string, mounts: string): CgroupPlaces {
  const mounted = parseMounts(mounts);
  const paths = parsePaths(cgroups);
  const levels = (controller: string) => {
    const path = paths.get(controller);
    return path === undefined
      ? []
      : levelsOf(
          path,
          mounted.filter((mount) => carries(mount, controller)),
        );
  };
  return {
    unified: levels(''),
    cpuV1: levels('cpu'),
    cpuacctV1: levels('cpuacct'),
    memoryV1: levels('memory'),
  };
}

/** By controller; version 2 is the one without a name. */
function parsePaths(cgroups: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const line of cgroups.split('\n')) {
    const [id, names, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line)?.slice(1) ?? [];
    if (id === undefined || names === undefined || path === undefined) continue;
    if (names === '' && id !== '0') continue;
    // The kernel says so of a cgroup that was removed while the process is in it.
    const alive = path.replace(/ \(deleted\)$/, '');
    for (const name of names.split(',')) paths.set(name, alive);
  }
  return paths;
}

/** `31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw`. */
function parseMounts(mounts: string): readonly Mount[] {
  return mounts.split('\n').flatMap((line) => {
    const [before = '', behind = ''] = line.split(' - ');
    const [, , , root, point] = before.split(' ');
    const [type, , options = ''] = behind.split(' ');
    if (root === undefined || point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    const isUnified = type === 'cgroup2';
    return [{ root: unescaped(root), point: unescaped(point), isUnified, controllers: options.split(',') }];
  });
}

/** Blanks and backslashes in paths are written as three octal digits. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function carries(mount: Mount, controller: string): boolean {
  return controller === '' ? mount.isUnified : !mount.isUnified && mount.controllers.includes(controller);
}

function levelsOf(path: string, mounts: readonly Mount[]): readonly string[] {
  // Of several mounts the one that shows the most of the way up.
  const covering = mounts
    .filter((mount) => isWithin(path, mount.root))
    .sort((a, b) => a.root.length - b.root.length);
  const mount = covering[0] ?? mounts[0];
  if (mount === undefined) return [];
  // A process seen from outside of its namespace (`/../other`) has its limits nowhere in here but in the mount itself.
  const inside = covering.length === 0 ? '' : path.slice(mount.root === '/' ? 0 : mount.root.length);
  const names = inside.split('/').filter((name) => name !== '');
  if (names.includes('..')) names.length = 0;
  const kept = names.slice(0, maxDepth);
  return Array.from({ length: kept.length + 1 }, (_, up) => {
    return [mount.point === '/' ? '' : mount.point, ...kept.slice(0, kept.length - up)].join('/');
  });
}

function isWithin(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`);
}
