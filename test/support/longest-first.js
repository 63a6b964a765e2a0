const { readFileSync } = require('node:fs');
const Sequencer = require('@jest/test-sequencer').default;

/** Matches the end-to-end tests that run beside others for a minute and more. */
const LONG =
  /\/e2e\/(?:fault-table\/)?(?:batch-command|crash|crash-while-waiting|install-matrix|other-languages|prometheus|restart-sequences)\.test\.ts$/;
/** Matches a test that waits for real time: it starts a command, an example or a server with a real clock. */
const WAITS = /run-command'|run-example'|worker-process'|dev-server'|startOwnDevServer|createDevEnv|continuing-scene'/;

/** Starts the tests that take long before the others, so that all jest workers end at about the same time. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const ranks = new Map(tests.map((test) => [test, rankOf(test)]));
    return super.sort(tests).sort((one, other) => ranks.get(one) - ranks.get(other));
  }
};

function rankOf({ path, context }) {
  if (context.config.displayName?.name === 'unit') return 2;
  return LONG.test(path) || WAITS.test(readFileSync(path, 'utf8')) ? 0 : 1;
}
