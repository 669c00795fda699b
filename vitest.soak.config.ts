import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run soak`: what takes a minute or more and proves nothing in less. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/soak/**/*.soak.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 300_000,
  },
});

export default config;
