import { defineConfig, mergeConfig } from 'vitest/config'
import short from './vitest.config.ts'

/** `npm run conformance`: checks of others, with packages that are installed for them. */
export default mergeConfig(
  { ...short, test: { ...short.test, include: [], exclude: ['**/node_modules/**'] } },
  defineConfig({
    test: {
      // What is asked end to end, with Hive's gateway beside ours.
      include: ['test/conformance/*.test.ts', 'test/graph/*.test.ts'],
      env: { HUITONG_TEST_BESIDE_HIVE: '1' },
      isolate: true,
      testTimeout: 120_000,
    },
  }),
)
