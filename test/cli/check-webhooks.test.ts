/** Risk tested here: the doctor calls webhooks right that cannot work, or shows a secret. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeFinding } from '../../cli/finding';
import { checkWebhooks, judgeWebhooks } from '../../cli/webhook/check-webhooks';
import type { ApiVersion } from '../../contract/extend';
import { httpReply, startEmulator, type Emulator, type Reply } from '../../local/extend';
import { readWorkerConfiguration } from '../../worker';

const RUN = ['parse_run.processed', 'parse_run.failed'];
const BATCH = ['batch_parse_run.processed', 'batch_parse_run.failed'];
const right = {
  id: 'wh_1',
  url: 'https://user:password@a.test/hook?key=1',
  status: 'enabled',
  enabledEvents: ['extract_run.processed', ...RUN, ...BATCH],
  apiVersion: '2026-02-09',
};
const judge = (changes: object, areWanted = true, apiVersion: ApiVersion = '2026-02-09') =>
  judgeWebhooks({ endpoints: [{ ...right, ...changes }], areWanted, apiVersion }).map(describeFinding);

describe('the judgement of an endpoint', () => {
  it('is ok if it is enabled and gets both events, and its URL is masked', () => {
    const says = 'wh_1 (https://a.test/hook?***) gets parse_run.processed and parse_run.failed in version 2026-02-09';
    expect(judge({})).toEqual([`ok     webhooks: ${says}`]);
  });

  it('is ok without the events of batch runs, which only bulk batches need', () => {
    const [line = ''] = judge({ enabledEvents: [...RUN, 'batch_parse_run.processed'] });
    expect(line).toMatch(/^ok .* in version 2026-02-09; for bulk batches it lacks batch_parse_run\.failed$/);
  });

  it.each([
    [{ status: 'disabled' }, 'is disabled', 'Enable it'],
    [{ enabledEvents: RUN.slice(0, 1) }, 'does not get parse_run.failed', 'Add the events'],
    [
      { apiVersion: '2025-04-21', enabledEvents: ['parser_run.processed', 'parser_run.failed'] },
      'is of version 2025-04-21: its events have no metadata',
      'Register an endpoint of version 2026-02-09',
    ],
  ])('is a note for %j', (changes, problem, remedy) => {
    const [line = ''] = judge(changes);
    expect(line).toMatch(/^note {3}webhooks: wh_1/);
    expect(line).toContain(problem);
    expect(line).toContain(`→ ${remedy}`);
    expect(line).not.toMatch(/password|key=1/);
  });

  it.each(['2026-02-09', '2025-04-21'])(
    'of version %s is a note if new submits use 2025-04-21, because their events find a workflow by search attribute only',
    (version) => {
      const enabledEvents = version === '2026-02-09' ? RUN : ['parser_run.processed', 'parser_run.failed'];
      const [line = ''] = judge({ apiVersion: version, enabledEvents }, true, '2025-04-21');
      expect(line).toMatch(/^note {3}webhooks: wh_1 .* new submits use 2025-04-21, whose runs have no metadata/);
      expect(line).toMatch(/→ Set EXTEND_API_VERSION to 2026-02-09, or .* searchAttributes: true/);
    },
  );

  it('does not count endpoints for other events', () => {
    const others = { enabledEvents: ['extract_run.processed'] };
    expect(judge(others)[0]).toMatch(/^WRONG {2}webhooks: no endpoint .*\n {7}→ Register one/);
    expect(judge(others, false)[0]).toMatch(/^- {6}webhooks: no endpoint /);
  });
});

describe('the check', () => {
  let emulator: Emulator;
  let fault: Reply | undefined;

  beforeAll(async () => {
    const webhooks = { endpoints: [{ url: 'https://a.test/', signingSecret: 'wss_hidden' }] };
    emulator = await startEmulator({ webhooks, faults: () => fault });
  });
  afterAll(() => emulator.close());

  const check = async (env: Readonly<Record<string, string>> = {}) => {
    const variables = { EXTEND_API_KEY: 'k', EXTEND_BASE_URL: emulator.url, EXTEND_API_VERSION: '2026-02-09', ...env };
    const findings = await checkWebhooks(readWorkerConfiguration(variables), variables);
    const text = findings.map(describeFinding).join('\n');
    expect(text).not.toContain('wss_');
    return text;
  };

  it('reads the endpoints of the workspace', async () => {
    expect(await check()).toMatch(/^ok {5}webhooks: wh_\S+ \(https:\/\/a\.test\/\) gets parse_run/);
  });

  it('names secrets that are not usable', async () => {
    const text = await check({ EXTEND_WEBHOOK_SECRETS: 'wss_a b' });
    expect(text).toMatch(/^WRONG {2}webhooks: .* must have secrets of printable ASCII characters.*\n.*\nok /);
  });

  it('is skipped if Extend does not list the endpoints', async () => {
    fault = httpReply({ status: 403, json: { code: 'FORBIDDEN', message: 'no' } });
    const text = await check();
    fault = undefined;
    expect(text).toMatch(/^- {6}webhooks: the endpoints are not known: .*403/);
  });
});
