const settings = require('./test/support/jest-settings.js');
const { testTiers } = require('./test/support/test-tiers.js');

const tiers = testTiers();

/** All tests but those of `test/e2e`. Only the project `servers` starts Temporal's servers and uses the build. */
module.exports = {
  // Only a test that hangs takes this long, on a machine with one busy core too.
  testTimeout: 120_000,
  // More than two cores need: most tests wait for a server or a command half of their time.
  maxWorkers: 4,
  testSequencer: '<rootDir>/test/support/longest-first.js',
  reporters: ['default', '<rootDir>/scripts/count-reporter.js'],
  projects: [
    {
      ...settings,
      displayName: 'unit',
      testMatch: tiers.unit,
    },
    {
      ...settings,
      displayName: 'servers',
      testMatch: tiers.servers,
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
