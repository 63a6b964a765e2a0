const settings = require('../support/jest-settings.js');

const servers = {
  ...settings,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

/**
 * Tests that wait for npm, a compiler, timers or killed processes most of their time, and measure neither time nor memory.
 */
const BESIDE_OTHERS = [
  'batch-command',
  'crash',
  'crash-while-waiting',
  'exports',
  'fault-table/*',
  'install-matrix',
  'lint-rules',
  'llm-stacks',
  'other-languages',
  'prometheus',
  'reference',
  'releases',
  'restart-sequences',
  'rolling-restart',
  'rolling-switch',
  'run-soak',
  'time-limit',
].map((name) => `${__dirname}/${name}.test.ts`);

/** The end-to-end tests: they take long, because they kill workers, install packages and parse big files. */
module.exports = {
  rootDir: settings.rootDir,
  testTimeout: 30 * 60_000,
  passWithNoTests: true,
  // More than two cores need: most tests wait half of their time. The project `alone` has one at a time.
  maxWorkers: 3,
  testSequencer: '<rootDir>/test/support/longest-first.js',
  reporters: ['default', '<rootDir>/scripts/count-reporter.js'],
  projects: [
    { ...servers, displayName: 'beside others', testMatch: BESIDE_OTHERS },
    {
      ...servers,
      displayName: 'alone',
      testMatch: [`${__dirname}/**/*.test.ts`, ...BESIDE_OTHERS.map((path) => `!${path}`)],
      // One test file at a time, because soaks and figures of memory and time need the cores of the machine.
      runner: 'jest-serial-runner',
    },
  ],
};
