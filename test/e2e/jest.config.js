/** What takes long: soaks, install matrices, big files. Same settings as the other tests, other files. */
const base = require('../../jest.config.js');

module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 30 * 60_000,
  passWithNoTests: true,
  // One at a time: soaks measure, and share the machine's few cores badly.
  maxWorkers: 1,
};
