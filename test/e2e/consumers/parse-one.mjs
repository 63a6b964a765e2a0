/** An ES module that parses one document in a test environment. */
import { isParseError } from 'temporal-extend-parse/client';
import { createParseTestEnvironment } from 'temporal-extend-parse/testing';

const parsing = await createParseTestEnvironment();
const { output } = await parsing.client.execute({ file: parsing.document('slow') });
const failure = await parsing.client.execute({ file: parsing.document('failing') }).catch((error) => error);
await parsing.close();
console.log(`${process.version} got ${output.kind} and ${isParseError(failure, 'ParserRunFailed')}`);
