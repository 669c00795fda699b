/** What the modules in a profile are called, and whose they are. */
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config, FilterConfig } from '../../config/index.ts';

/** Of this package: the folder that holds `src/` and `holmes/`, in the repository as in what is installed. */
const packageRoot: string = new URL('../../../', import.meta.url).href;

/**
 * `src/data/data-thread.ts` for a module of Meshlock, also when it runs as JavaScript: the build keeps every line.
 * `null` for any other.
 */
export function fileNameOf(url: string, root: string = packageRoot): string | null {
  if (!url.startsWith(root)) return null;
  const path = decode(withoutQuery(url).slice(root.length));
  return /^(src|holmes|health)\//.test(path) ? path.replace(/\.js$/, '.ts') : null;
}

/**
 * `filter audit` for the module that the configuration names for that filter, and for what lies in the same folder or
 * below it. Empty for anything else, and where two filters share a folder and it could be either.
 */
export function moduleOwners(config: Config, root: string = packageRoot): (url: string) => string {
  const filters = config.listeners.flatMap(({ protocol }) =>
    protocol.kind === 'http' ? protocol.filters : [],
  );
  const byModule = new Map<string, Set<string>>();
  const byFolder = new Map<string, Set<string>>();
  for (const filter of filters) {
    const url = urlOf(filter);
    if (url === null) continue;
    add(byModule, url, filter.name);
    add(byFolder, `${posix.dirname(url)}/`, filter.name);
  }
  return (loaded) => {
    const url = withoutQuery(loaded);
    const module = byModule.get(url);
    if (module !== undefined) return named(module);
    // A filter that lies above our own package does not own all of Meshlock.
    if (fileNameOf(url, root) !== null) return '';
    const folders = [...byFolder.keys()].filter((folder) => url.startsWith(folder));
    const nearest = folders.sort((a, b) => b.length - a.length)[0];
    return nearest === undefined ? '' : named(byFolder.get(nearest) ?? new Set());
  };
}

/** A filter that changed on disk is loaded again under another query. */
function withoutQuery(url: string): string {
  return url.split('?', 1)[0]!;
}

function urlOf({ module }: FilterConfig): string | null {
  return module === null ? null : pathToFileURL(module).href;
}

function add(map: Map<string, Set<string>>, key: string, name: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(name));
}

function named(names: ReadonlySet<string>): string {
  const [name] = names;
  return names.size === 1 ? `filter ${name}` : '';
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
