const { resolve } = require('node:path');

/** Settings of jest for all tests. They run on the sources, but the commands that they start are those of the build. */
module.exports = {
  rootDir: resolve(__dirname, '../..'),
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/test/releases/'],
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
