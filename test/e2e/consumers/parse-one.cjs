/** A CommonJS program that parses one document in a test environment. */
const { isParseError } = require('temporal-extend-parse/client');
const { createParseTestEnvironment } = require('temporal-extend-parse/testing');

(async () => {
  const parsing = await createParseTestEnvironment();
  const { output } = await parsing.client.execute({ file: parsing.document('slow') });
  const failure = await parsing.client.execute({ file: parsing.document('failing') }).catch((error) => error);
  await parsing.close();
  console.log(`${process.version} got ${output.kind} and ${isParseError(failure, 'ParserRunFailed')}`);
})();
