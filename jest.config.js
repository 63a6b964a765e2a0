/** Tests run on the sources; what runs outside jest (command line, parser process) is the build of `pretest`. */
module.exports = {
  testEnvironment: 'node',
  // Only a test that hangs takes this long, on a machine with one busy core too.
  testTimeout: 120_000,
  maxWorkers: 2,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/e2e/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/test/releases/'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  reporters: ['default', '<rootDir>/scripts/count-reporter.js'],
  // ky is published as ESM only; the build bundles it, the tests transform it.
  transformIgnorePatterns: ['/node_modules/(?!ky/)'],
  transform: {
    '^.+\\.[tj]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};
