#!/usr/bin/env node
/** The executable. Loads everything after the compile cache is on, so that the cache serves all of it. */
import { useCompileCache } from './command/compile-cache.ts';

useCompileCache();
const { main } = await import('./command/index.ts');
process.exitCode = await main(process.argv.slice(2));
// Nothing should be left that holds the process; if something is, it does not hold it for long.
const { systemClock } = await import('./base/index.ts');
systemClock.after(100, () => process.exit());
