/** `extend-parse doctor` finds each thing that is wrong, says how to fix it, and shows no secret. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { msToTs } from '@temporalio/common/lib/time';
import { SEARCH_ATTRIBUTES } from '../../contract';
import { checkExtend, judgeApiVersion } from '../../cli/check-extend';
import { checkVersions, installedVersions } from '../../cli/check-machine';
import { judgeSearchAttributes } from '../../cli/check-search-attributes';
import { describeFinding } from '../../cli/finding';
import { httpReply, startEmulator, type Emulator, type Reply } from '../../local/extend';
import { deadUrl } from '../support/free-port';
import { createDevEnv, devServerAddress } from '../support/servers';
import { startWorkerProcess } from '../support/worker-process';
import { until } from '../support/until';
import { readWorkerConfiguration } from '../../worker';
import { Workplace } from './run-command';

const KEY = 'sk_very_secret';
/** The numbers of search attribute types in Temporal's protocol. */
const [TEXT, KEYWORD] = [1, 2];
/** The numbers of task queue types in Temporal's protocol. */
const [WORKFLOWS, ACTIVITIES] = [1, 2];
let workplace: Workplace;
let emulator: Emulator;
let fault: Reply | undefined;
/** A command that waits for Temporal, for as long as a connection may take, while the other tests run. */
let unanswered: ReturnType<typeof doctor>;

beforeAll(async () => {
  workplace = new Workplace();
  emulator = await startEmulator({ faults: () => fault });
  mkdirSync(join(workplace.directory, 'sources'));
  mkdirSync(join(workplace.directory, 'results'));
  writeFileSync(join(workplace.directory, 'a-file'), '');
  const url = await deadUrl();
  const none = { EXTEND_PARSE_RESULT_DIR: '', EXTEND_PARSE_SOURCE_DIR: '' };
  unanswered = doctor({ EXTEND_BASE_URL: url, TEMPORAL_ADDRESS: new URL(url).host, ...none });
});
afterAll(async () => {
  workplace.remove();
  await emulator.close();
});

const inWorkplace = (name: string) => join(workplace.directory, name);

/** Runs the command with the variables of a complete worker configuration, which `env` overrides. */
async function doctor(env: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
  const ended = await workplace.run(['doctor', ...args], {
    env: {
      EXTEND_API_KEY: KEY,
      EXTEND_BASE_URL: emulator.url,
      EXTEND_PARSE_TASK_QUEUE: 'doctor',
      EXTEND_PARSE_SOURCE_DIR: inWorkplace('sources'),
      EXTEND_PARSE_RESULT_DIR: inWorkplace('results'),
      TEMPORAL_ADDRESS: devServerAddress(),
      ...env,
    },
  });
  expect(ended.stdout + ended.stderr).not.toContain(KEY);
  return { ...ended, lines: ended.stdout.trimEnd().split('\n') };
}

/** Waits until the server lists pollers for workflows and for activities. A worker reports earlier that it polls. */
async function untilPolled(name: string): Promise<void> {
  const env = await createDevEnv();
  const isPolled = async (taskQueueType: number) => {
    const namespace = 'default';
    const request = { namespace, taskQueue: { name }, taskQueueType };
    return ((await env.connection.workflowService.describeTaskQueue(request)).pollers ?? []).length > 0;
  };
  await until(async () => (await isPolled(WORKFLOWS)) && (await isPolled(ACTIVITIES)));
  await env.teardown();
}

/** Creates a namespace of the shared server that has only these search attributes, and returns its name. */
async function createNamespace(searchAttributes: Readonly<Record<string, number>>): Promise<string> {
  const env = await createDevEnv();
  const namespace = 'doctor-attributes';
  const workflowExecutionRetentionPeriod = msToTs('1 day');
  await env.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  const register = () => env.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });

  await register();
  await env.teardown();
  return namespace;
}

/** Matches a finding with state `wrong` and the remedy on the line below it. */
const wrong = (says: RegExp, remedy: RegExp) => new RegExp(`^WRONG  ${says.source}.*\n {7}→ .*${remedy.source}`, 'm');

describe('extend-parse doctor', () => {
  it('finds nothing wrong if a worker polls, and submits no document', async () => {
    await using worker = await startWorkerProcess({ taskQueue: 'doctor', baseUrl: emulator.url });
    await untilPolled('doctor');
    const { status, lines, stderr } = await doctor();
    expect(lines).toEqual([
      expect.stringMatching(/^ok {5}versions: temporal-extend-parse \d.*, node \d.*, Temporal's SDK \d/),
      expect.stringMatching(/^ok {5}Extend's key: accepted by http:/),
      expect.stringMatching(
        /^note {3}Extend's API version: submits use 2025-04-21; .* speak 2025-04-21 and 2026-02-09$/,
      ),
      expect.stringMatching(/^ {7}→ .*set EXTEND_API_VERSION to 2026-02-09\./),
      '-      webhooks: no endpoint of the workspace gets events of parse runs; see docs/webhooks.md',
      expect.stringMatching(/^ok {5}result store: .*results can be written$/),
      expect.stringMatching(/^ok {5}source directory: .*sources can be read$/),
      expect.stringMatching(new RegExp(`^ok {5}Temporal's address: ${devServerAddress()} answers, server \\d+\\.`)),
      "ok     namespace: 'default' exists",
      expect.stringContaining(`ok     task queue: 'doctor' is polled by ${worker.pid}@`),
      'all is well',
    ]);
    // A busy machine may make the doctor say what it waits for.
    const said = stderr.replace(/^waiting for .*\n/gm, '');
    expect({ status, said }).toEqual({ status: 0, said: '' });
    // The worker has checked its key too.
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(['read', 'read', 'read', 'listEndpoints']);
    expect(readdirSync(inWorkplace('results'))).toEqual([]);
  });

  it("names all wrong things at the same time: Extend's answer, directories, namespace", async () => {
    fault = httpReply({ status: 401, json: { success: false, error: `no such key: ${KEY}` } });
    const { status, stdout } = await doctor({
      TEMPORAL_NAMESPACE: 'no-such-namespace',
      EXTEND_PARSE_RESULT_DIR: inWorkplace('a-file/results'),
      EXTEND_PARSE_SOURCE_DIR: inWorkplace('nothing-here'),
    });
    fault = undefined;
    expect(stdout).toMatch(
      wrong(/configuration: EXTEND_PARSE_SOURCE_DIR must be a directory, got '.*'/, /docs\/configuration\.md/),
    );
    expect(stdout).toMatch(wrong(/Extend's key: Extend answered 401 to GET/, /EXTEND_API_KEY/));
    expect(stdout).toMatch(wrong(/result store: ENOTDIR/, /EXTEND_PARSE_RESULT_DIR/));
    expect(stdout).toMatch(
      wrong(/namespace: 'no-such-namespace' does not exist/, /temporal operator namespace create/),
    );
    expect(stdout).toMatch(/^- {6}task queue: not checked\n4 things are wrong$/m);
    expect(status).toBe(1);
  });

  it('does not repeat a Temporal key that no header can carry', async () => {
    const { status, stdout, stderr } = await doctor({ TEMPORAL_API_KEY: 'live.CANARY\nCANARY' });
    expect(stdout).toMatch(
      wrong(/configuration: TEMPORAL_API_KEY, or the api_key of the profile, must be/, /docs\/configuration\.md/),
    );
    expect(stdout).toMatch(/^- {6}Temporal: not checked$/m);
    expect(stdout + stderr).not.toContain('CANARY');
    expect(status).toBe(1);
  });

  it('names what is missing: the key, a worker, some of the search attributes', async () => {
    const namespace = await createNamespace({ ExtendParseStatus: KEYWORD, ExtendParseBatch: KEYWORD });
    const missing = { EXTEND_API_KEY: '', TEMPORAL_NAMESPACE: namespace };
    const { status, stdout } = await doctor(missing, ['--search-attributes']);
    expect(stdout).toMatch(
      wrong(/configuration: EXTEND_API_KEY or EXTEND_API_KEY_FILE must be set/, /docs\/configuration\.md/),
    );
    expect(stdout).toMatch(/^- {6}Extend's key: not checked$/m);
    expect(stdout).toMatch(
      wrong(/task queue: no worker polls 'doctor' for workflows and activities/, /extend-parse worker/),
    );
    const others = '--name ExtendParseRunId --type Keyword --name ExtendParseFileName --type Keyword';
    expect(stdout).toMatch(
      wrong(
        /search attributes: ExtendParseRunId is not registered, ExtendParseFileName is not registered/,
        new RegExp(`Register: temporal operator search-attribute create --namespace ${namespace} ${others}`),
      ),
    );
    expect(stdout).toMatch(/^3 things are wrong$/m);
    expect(status).toBe(1);
  });

  it('names the addresses that do not answer', async () => {
    const { status, stdout, stderr } = await unanswered;
    expect(stderr).toBe('waiting for an answer of Temporal, for 20 s at most …\n');
    expect(stdout).toMatch(wrong(/Extend's key: no connection for GET .*ECONNREFUSED/, /EXTEND_BASE_URL/));
    expect(stdout).toMatch(wrong(/Temporal's address: 127.0.0.1:\d+ does not answer/, /TEMPORAL_ADDRESS/));
    expect(stdout).toMatch(/^- {6}result store: none; .*EXTEND_PARSE_RESULT_DIR$/m);
    expect(stdout).toMatch(/^- {6}source directory: none; .*EXTEND_PARSE_SOURCE_DIR$/m);
    expect(status).toBe(1);
  });
});

describe('extend-parse doctor with a wrong environment', () => {
  it('does not create a result directory that may be mistyped', async () => {
    const { stdout } = await doctor({ EXTEND_PARSE_RESULT_DIR: inWorkplace('resutls/new') });
    expect(stdout).toMatch(/^note {3}result store: .*resutls\/new does not exist; a worker creates it\n +→ Correct/m);
    expect(existsSync(inWorkplace('resutls'))).toBe(false);
  });

  it('warns about names that are no variables', async () => {
    const { stdout } = await doctor({ EXTEND_APIKEY: 'x', EXTEND_PARSE_RESULTS_DIR: '/y' });
    for (const name of ['EXTEND_APIKEY', 'EXTEND_PARSE_RESULTS_DIR']) {
      expect(stdout).toContain(`note   configuration: ${name} is not a variable of this package, and is ignored`);
    }
  });

  it('sends the key to no other address if the configured one, or the proxy, is wrong', async () => {
    const wrong = [{ EXTEND_BASE_URL: 'http://extend.example' }, { HTTPS_PROXY: 'socks5://127.0.0.1:9' }];
    for (const env of wrong) {
      const { stdout, stderr } = await doctor(env);
      expect(stdout).toMatch(/^- {6}Extend's key: not checked$/m);
      expect(stdout + stderr).not.toContain('api.extend.ai');
    }
  });
});

describe('the check of Extend', () => {
  /** Returns what the command prints of the check if Extend gives this reply. */
  async function check(reply: Reply, baseUrl = emulator.url): Promise<string> {
    fault = reply;
    const findings = await checkExtend(readWorkerConfiguration({ EXTEND_API_KEY: KEY, EXTEND_BASE_URL: baseUrl }));
    fault = undefined;
    return findings.map(describeFinding).join('\n');
  }

  it.each([401, 403])('says that Extend answers %d, and does not repeat the key', async (status) => {
    const printed = await check(httpReply({ status, json: { success: false, error: `no such key: ${KEY}` } }));
    expect(printed).toMatch(wrong(new RegExp(`Extend's key: Extend answered ${status} to GET`), /EXTEND_API_KEY/));
    expect(printed).not.toContain(KEY);
  });

  it.each([
    ['a page of HTML', '<html><head><title>404 Not Found</title></head></html>'],
    ['JSON of another server', '{"message":"Not Found","statusCode":404}'],
    ['nothing', ''],
  ])('treats a 404 with %s as a wrong address, and names the address', async (_title, text) => {
    const url = `${emulator.url}/v1`;
    const says = new RegExp(`Extend's key: ${url} \\(EXTEND_BASE_URL\\) does not serve Extend's API`);
    expect(await check(httpReply({ status: 404, text }), url)).toMatch(wrong(says, /EXTEND_BASE_URL.*without a path/));
  });

  it('names the version of the API that Extend no longer serves', async () => {
    const json = { code: 'ENDPOINT_REMOVED', message: 'gone\u001b[2J', requestId: 'r' };
    const printed = await check(httpReply({ status: 410, json }));
    expect(printed).toMatch(
      wrong(/Extend's key: Extend no longer serves version 2025-04-21/, /set EXTEND_API_VERSION to a newer one/),
    );
    expect(printed).not.toContain('\u001b');
  });
});

describe('search attributes', () => {
  const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
  const all = Object.fromEntries(names.map((name) => [name, KEYWORD]));

  it('are right if all are registered, and if none is', () => {
    expect(judgeSearchAttributes(all, 'ns')).toMatchObject({ state: 'ok' });
    expect(judgeSearchAttributes({ Other: KEYWORD }, 'ns')).toMatchObject({ state: 'skipped' });
  });

  it('are wrong with another type', () => {
    expect(judgeSearchAttributes({ ...all, ExtendParseBatch: TEXT }, 'ns')).toEqual({
      state: 'wrong',
      subject: 'search attributes',
      says: 'ExtendParseBatch is not of type Keyword',
      remedy:
        'Remove ExtendParseBatch first. ' +
        'Register: temporal operator search-attribute create --namespace ns --name ExtendParseBatch --type Keyword',
    });
  });
});

describe('checkVersions', () => {
  const installed = installedVersions();
  const manifest = { version: '1.2.3', engines: { node: '>=20.19.0' } };

  it('accepts what is installed here', () => {
    expect(Object.keys(installed)).toContain('@temporalio/workflow');
    expect(checkVersions(installed, manifest)).toMatchObject({ state: 'ok' });
  });

  it.each(['20.18.3', '18.20.0', '9.0.0'])('refuses Node %s', (node) => {
    expect(checkVersions({ ...installed, node }, manifest)).toMatchObject({
      state: 'wrong',
      says: `node ${node} is too old`,
      remedy: 'Use Node >=20.19.0.',
    });
  });

  it.each(['20.19.0', '20.20.1', '22.0.0', '100.1.0'])('accepts Node %s', (node) => {
    expect(checkVersions({ ...installed, node }, manifest)).toMatchObject({ state: 'ok' });
  });

  it("refuses two versions of Temporal's packages, and names them", () => {
    expect(checkVersions({ ...installed, '@temporalio/client': '1.0.0' }, manifest)).toMatchObject({
      state: 'wrong',
      says: expect.stringContaining('@temporalio/client 1.0.0'),
      remedy: expect.stringContaining('npm ls'),
    });
  });
});

describe('the version of new submits', () => {
  it.each([
    ['2025-04-21', ['2025-04-21', '2026-02-09'], 'warning'],
    ['2026-02-09', ['2025-04-21', '2026-02-09'], 'ok'],
    ['2025-04-21', ['2025-04-21'], 'ok'],
    ['2026-02-09', ['2026-02-09'], 'ok'],
  ] as const)('%s, where %j are spoken: %s', (apiVersion, spoken, state) => {
    expect(judgeApiVersion(apiVersion, spoken).state).toBe(state);
  });
});
