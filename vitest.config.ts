import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is asked until it is so: real servers on a busy machine take their time.
    expect: { poll: { timeout: 15_000 } },
    // Two cores: the real servers of the scenarios starve each other when more files run at once.
    maxWorkers: 2,
  },
});
