/** A worker with the plugin and with a prebuilt bundle, read from a file, of workflows that re-export the package's. */
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { bundleWorkflowCode, DefaultLogger, Worker } = require('@temporalio/worker');
const { createParseTestEnvironment } = require('temporal-extend-parse/testing');
const { ParseClient } = require('temporal-extend-parse/client');
const { ExtendParsePlugin } = require('temporal-extend-parse/worker');

(async () => {
  const { emulator, env, close } = await createParseTestEnvironment();
  const plugins = [new ExtendParsePlugin({ apiKey: 'test', baseUrl: emulator.url })];
  const logger = new DefaultLogger('ERROR');
  const workflowsPath = require.resolve('./re-exporting.js');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger, plugins });
  const codePath = join(__dirname, 'bundle.js');
  writeFileSync(codePath, code);
  const connection = env.nativeConnection;
  const worker = await Worker.create({ connection, taskQueue: 'ahead', workflowBundle: { codePath }, plugins });
  const parsing = new ParseClient({ client: env.client, taskQueue: 'ahead' });
  const file = { fileUrl: 'http://emulator.invalid/ok' };
  const kinds = await worker.runUntil(async () => {
    const { output } = await parsing.execute({ file });
    const mine = await env.client.workflow.execute('mine', {
      taskQueue: 'ahead',
      workflowId: 'mine',
      args: [{ file }],
    });
    return [output.kind, mine];
  });
  await close();
  console.log(`got ${kinds.join(' and ')}`);
})();
