import fc from 'fast-check'

/**
 * Properties run the same cases each time, so that a change is judged by what it changes. `npm run test:long` draws new ones;
 * `HUITONG_TEST_SEED` gives those of a run that failed.
 */
fc.configureGlobal({ seed: Number(process.env.HUITONG_TEST_SEED ?? 20_261_130) })
