import { defineConfig, mergeConfig } from 'vitest/config'
import short from './vitest.config.ts'

/** `npm run test:long`: all of CDNOW, the hard tests of the ledger, of merges and of conditions in their long form with new cases each time, and planted bugs, one file after the other. */
export default mergeConfig(
  { ...short, test: { ...short.test, include: [] } },
  defineConfig({
    test: {
      include: [
        'test/cli/cdnow.test.ts',
        'test/ledger/hard/**/*.test.ts',
        'test/ledger/model.test.ts',
        'test/ledger/merge-property.test.ts',
        'test/graph/{killed-merge,two-members-one-person}.test.ts',
        'test/ledger/domain/{model,model-counting,replay,returning,merge-order}.test.ts',
        'test/ledger/mutation/*.test.ts',
        'test/kernel/conditions/same-answers.test.ts',
      ],
      env: {
        HUITONG_TEST_LONG: '1',
        HUITONG_TEST_SEED: process.env.HUITONG_TEST_SEED ?? String(Date.now() % 2 ** 31),
        HISTORIES: process.env.HISTORIES ?? '2000',
        MERGES: process.env.MERGES ?? '400',
      },
      isolate: true,
      maxWorkers: 1,
      fileParallelism: false,
      testTimeout: 60 * 60_000,
    },
  }),
)
