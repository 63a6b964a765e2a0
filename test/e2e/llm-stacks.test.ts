/** The programs of docs/llm-stacks.md compile against the real packages of LangChain, LlamaIndex and the AI SDK, and work. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createParseTestEnvironment, type ParseTestEnvironment } from '../../testing';
import { namedBlocks } from '../docs/named-blocks';
import { MANIFEST, ROOT } from '../package/packed-project';

/** The modules of a service that starts parses, in the versions of the checkout. */
const INSTALLED = ['@temporalio/client', '@temporalio/common', '@temporalio/workflow', 'typescript', '@types/node'].map(
  (name) => `${name}@${MANIFEST.devDependencies[name]}`,
);
const STACKS = [
  '@langchain/core@1.4.0',
  '@llamaindex/core@0.6.23',
  '@llamaindex/env@0.1.31',
  'ai@7.0.173',
  'zod@4.6.6',
];

/** Uses each program of the page once, and prints the outcome as JSON. */
const PROGRAM = `
import { Client, Connection } from '@temporalio/client';
import { FakeEmbeddings, FakeVectorStore } from '@langchain/core/utils/testing';
import { ParseClient } from 'temporal-extend-parse/client';
import { createTools } from './ai-sdk.js';
import { addDocument } from './langchain.js';
import { createLangChainTool } from './langchain-tool.js';
import { toNodes } from './llamaindex.js';

const [address, fileUrl, failingUrl] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const parsing = new ParseClient({ client: new Client({ connection }) });
const store = new FakeVectorStore(new FakeEmbeddings());
await addDocument(parsing, store, fileUrl!);
const found = await store.similaritySearch('anything', 1);
const [node] = toNodes(await parsing.execute({ file: { fileUrl: fileUrl! } }));
const refused = await createTools(parsing)['parse_document']!.execute({ fileUrl: fileUrl! }, { toolCallId: '1', messages: [] } as never);
const failed = await createLangChainTool({ parsing, accepts: () => true }).invoke({ fileUrl: failingUrl! });
console.log(JSON.stringify({ found, node: { id: node?.id_, text: node?.text, metadata: node?.metadata }, refused, failed }));
await connection.close();
`;

let directory: string;
let environment: ParseTestEnvironment;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'llm-stacks-'));
  environment = await createParseTestEnvironment({ server: 'dev-server' });
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], { cwd: ROOT, stdio: 'ignore' });
  const [tarball = ''] = readdirSync(directory);
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', `./${tarball}`];
  execFileSync('npm', [...install, ...INSTALLED, ...STACKS], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  for (const { name, code } of namedBlocks('docs/llm-stacks.md', 'typescript'))
    writeFileSync(join(directory, name), code);
  writeFileSync(join(directory, 'program.ts'), PROGRAM);
  const compilerOptions = { target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, types: ['node'] };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
});
afterAll(async () => {
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a program of Node in the project, and returns its output. Meanwhile the worker runs in this process. */
async function run(...args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, args, { cwd: directory })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${args.join(' ')} failed: ${stdout}${stderr}`);
  }
}

it('the programs of the page compile, fill a store, make nodes and answer a model', async () => {
  await run(join(directory, 'node_modules/typescript/bin/tsc'));
  const { address } = (environment.temporal.connection as unknown as { options: { address: string } }).options;
  const [ok, failing] = [environment.document('ok').fileUrl, environment.document('failing').fileUrl];
  const { found, node, refused, failed } = JSON.parse(await run('program.js', address, ok, failing));
  const [first] = environment.emulator.runs;
  expect(found).toMatchObject([
    { pageContent: expect.stringMatching(/^# /), metadata: { runId: first?.id, chunk: 0, firstPage: 1 } },
  ]);
  expect(node).toMatchObject({ id: expect.stringMatching(/^parser_run_.*\/0$/), text: expect.stringMatching(/^# /) });
  expect(refused).toEqual({ error: 'this URL is not permitted' });
  expect(failed).toMatchObject({ error: expect.stringMatching(/^ParserRunFailed/) });
});
