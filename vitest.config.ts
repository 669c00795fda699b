import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Tests over whole meshes and browsers: they mostly wait, for epochs of ten seconds and for pages. */
const whole = ['test/proof/**/*.test.ts', 'test/integration/{console,demo,health}/**/*.test.ts'];
/** Tests of what is pure or small: many files, of which each is mostly the start of its process. */
const pure = [
  'test/{alerts,conformance,dashboards}/**/*.test.ts',
  'test/unit/{admin,base,bench,cluster,command,config,discovery,health,protocol,proxy,route,telemetry}/**/*.test.ts',
];

/** Group by group; within one, as many files at a time as `maxWorkers` says. */
function group(name: string, groupOrder: number, maxWorkers: number) {
  return { name, pool: 'forks', testTimeout: 20_000, maxWorkers, sequence: { groupOrder } } as const;
}

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      { test: { ...group('whole', 0, 2), include: whole } },
      { test: { ...group('pure', 1, 2), include: pure } },
      // These watch threads, time limits and memory: one at a time, with the machine to themselves.
      { test: { ...group('timed', 2, 1), include: ['test/**/*.test.ts'], exclude: [...whole, ...pure] } },
    ],
  },
});

export default config;
