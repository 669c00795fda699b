/**
 * Node's compile cache, so that a start does not compile every module anew. It lies in the user's own cache folder: in
 * a folder that everybody can write to, which is Node's default, another user could plant code.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/** `undefined`: nowhere. `NODE_COMPILE_CACHE` wins; it is read by Node itself. */
export function compileCacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { NODE_COMPILE_CACHE, XDG_CACHE_HOME, HOME, LOCALAPPDATA } = environment;
  if (NODE_COMPILE_CACHE) return NODE_COMPILE_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'meshlock', 'compiled');
  if (LOCALAPPDATA) return join(LOCALAPPDATA, 'meshlock', 'compiled');
  if (HOME) return join(HOME, '.cache', 'meshlock', 'compiled');
  return undefined;
}

/** Without a folder, or when it cannot be written, the program starts a little slower and that is all. */
export function useCompileCache(): void {
  const folder = compileCacheFolder(process.env);
  if (folder === undefined) return;
  enableCompileCache(folder);
  // Data threads read it from here.
  process.env['NODE_COMPILE_CACHE'] = folder;
}
