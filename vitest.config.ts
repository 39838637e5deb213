import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // As Node itself resolves it: else graphql would be there twice, as ESM for us and as CommonJS for its libraries.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    include: ['test/**/*.test.ts'],
    // By `npm run conformance`: they need packages of their own.
    exclude: ['**/node_modules/**', 'test/conformance/**'],
    globalSetup: ['test/helpers/start-postgres.ts'],
    setupFiles: ['test/helpers/seed-properties.ts'],
    // Processes that tests start load what others have compiled before them: a command starts twice as fast.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)) },
    pool: 'forks',
    maxWorkers: 2,
    // Files share what they import: with modules of their own for each, a third of the time went into loading them.
    isolate: false,
    // Starting processes and databases takes its time on a busy machine; no test waits for time to pass.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
