/** The long tests: soaks, install matrices, big files. The settings are those of the other tests. */
const base = require('../../jest.config.js');

module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 30 * 60_000,
  passWithNoTests: true,
  // One test file at a time, because soaks need the cores of the machine.
  maxWorkers: 1,
};
