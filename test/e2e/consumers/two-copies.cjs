/** A program with one copy of the package, which uses a library with another copy. */
const { join } = require('node:path');
const own = require('temporal-extend-parse/client');
const { createParseTestEnvironment } = require('temporal-extend-parse/testing');
const library = require('a-library');

(async () => {
  const parsing = await createParseTestEnvironment({ workflowsPath: join(__dirname, 'both-copies.js') });
  const client = new library.ParseClient({ client: parsing.temporal, taskQueue: parsing.taskQueue });
  const { output } = await client.execute({ file: parsing.document('ok') });
  const failure = await client.execute({ file: parsing.document('failing') }).catch((error) => error);
  const answers = [
    output.kind,
    library.ParseClient !== own.ParseClient,
    own.isParseError(failure, 'ParserRunFailed'),
    await parsing.temporal.workflow.execute('throughLibrary', {
      args: [parsing.document('ok').fileUrl],
      taskQueue: parsing.taskQueue,
      workflowId: 'through-library',
    }),
  ];
  await parsing.close();
  console.log(`got ${answers.join(' ')}`);
})();
