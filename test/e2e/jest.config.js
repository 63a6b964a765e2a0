const settings = require('../support/jest-settings.js');

/** The end-to-end tests: they take long, because they kill workers, install packages and parse big files. */
module.exports = {
  ...settings,
  testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
  testTimeout: 30 * 60_000,
  passWithNoTests: true,
  // One test file at a time, because soaks need the cores of the machine.
  maxWorkers: 1,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  reporters: ['default', '<rootDir>/scripts/count-reporter.js'],
};
