import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError, readTemporalConfiguration, readWorkerConfiguration } from '../../worker';

let directory: string;
let nowhere: Record<string, string>;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'configuration-'));
  // The tests must not read a profile of the user who runs them.
  nowhere = { TEMPORAL_CONFIG_FILE: join(directory, 'none.toml') };
});
afterAll(() => rmSync(directory, { recursive: true }));

const file = (name: string, content: string) => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
const read = (env: Record<string, string | undefined>) =>
  readWorkerConfiguration({ ...nowhere, EXTEND_API_KEY: 'a-key', ...env });
const problemsOf = (env: Record<string, string | undefined>): readonly string[] => {
  try {
    read(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems;
  }
};

describe('readWorkerConfiguration', () => {
  it('requires only a key', () => {
    expect(read({})).toEqual({
      taskQueue: 'extend-parse',
      activities: { apiKey: 'a-key' },
      temporal: expect.objectContaining({ connectionOptions: expect.any(Object) }),
    });
  });

  it.each([
    [{ HTTPS_PROXY: 'http://proxy.example:3128' }, { url: 'http://proxy.example:3128' }],
    [{ HTTPS_PROXY: 'http://a', https_proxy: 'b.example:1' }, { url: 'http://b.example:1' }],
    [
      { https_proxy: 'https://u:p@c', NO_PROXY: 'd', no_proxy: 'e,f' },
      { url: 'https://u:p@c', noProxy: 'e,f' },
    ],
    [{ NO_PROXY: 'd', HTTP_PROXY: 'http://g' }, undefined],
  ])('reads the proxy of %j', (env, proxy) => {
    expect(read(env).activities.proxy).toEqual(proxy);
  });

  it.each(['socks5://user:secret@127.0.0.1:1080', 'http://user:secret@'])('refuses the proxy %s', (HTTPS_PROXY) => {
    expect(problemsOf({ HTTPS_PROXY })).toEqual([
      'HTTPS_PROXY must be the http: or https: URL of a proxy (the value is not shown)',
    ]);
  });

  it('reads every variable', () => {
    expect(
      read({
        EXTEND_BASE_URL: 'https://api.us2.extend.app',
        EXTEND_WORKSPACE_ID: 'ws_1',
        EXTEND_PARSE_TASK_QUEUE: 'mine',
        EXTEND_PARSE_SOURCE_DIR: directory,
        EXTEND_PARSE_MAX_INLINE_BYTES: '1000',
        EXTEND_PARSE_MAX_REQUESTS_PER_SECOND: '2.5',
        EXTEND_PARSE_SHUTDOWN_GRACE_MS: '0',
        EXTEND_PARSE_METRICS_ADDRESS: '127.0.0.1:9464',
      }),
    ).toMatchObject({
      taskQueue: 'mine',
      activities: {
        apiKey: 'a-key',
        baseUrl: 'https://api.us2.extend.app',
        workspaceId: 'ws_1',
        sourceDirectory: directory,
        maxInlineBytes: 1000,
      },
      maxRequestsPerSecond: 2.5,
      shutdownGraceTimeMs: 0,
      metricsAddress: '127.0.0.1:9464',
    });
  });

  it('treats blank variables as absent, and trims the others', () => {
    const blank = { EXTEND_BASE_URL: '', EXTEND_PARSE_TASK_QUEUE: ' ', EXTEND_PARSE_MAX_INLINE_BYTES: '\t' };
    const configuration = read({ ...blank, EXTEND_API_KEY: ' a-key\n', EXTEND_API_KEY_FILE: '' });
    expect(configuration.taskQueue).toBe('extend-parse');
    expect(configuration.activities).toEqual({ apiKey: 'a-key' });
    expect(problemsOf({ EXTEND_API_KEY: ' ' })).toEqual([
      'EXTEND_API_KEY or EXTEND_API_KEY_FILE must be set: the worker needs a key to talk to Extend',
    ]);
  });

  it.each([
    ['EXTEND_API_KEY', 'two words', /^EXTEND_API_KEY must be one word of printable ASCII/],
    ['EXTEND_PARSE_SOURCE_DIR', '/nowhere/at/all', /^EXTEND_PARSE_SOURCE_DIR must be a directory, got '\/nowhere/],
    ['EXTEND_PARSE_SOURCE_DIR', 'package.json', /^EXTEND_PARSE_SOURCE_DIR must be a directory, got 'package.json'/],
    ['EXTEND_PARSE_MAX_INLINE_BYTES', '0', /^EXTEND_PARSE_MAX_INLINE_BYTES must be a positive whole .*bytes, got '0'/],
    ['EXTEND_PARSE_MAX_INLINE_BYTES', '1.5', /MAX_INLINE_BYTES must be a positive whole number of bytes, got '1.5'/],
    ['EXTEND_PARSE_MAX_INLINE_BYTES', '1e6', /MAX_INLINE_BYTES must be a positive whole number of bytes, got '1e6'/],
    ['EXTEND_PARSE_SHUTDOWN_GRACE_MS', '-1', /^EXTEND_PARSE_SHUTDOWN_GRACE_MS must be a whole .*, got '-1'/],
    ['EXTEND_PARSE_SHUTDOWN_GRACE_MS', '5s', /^EXTEND_PARSE_SHUTDOWN_GRACE_MS must be a whole .*, got '5s'/],
    ['EXTEND_PARSE_MAX_REQUESTS_PER_SECOND', '0', /^EXTEND_PARSE_MAX_REQUESTS_PER_SECOND must be a positive number/],
    ['EXTEND_PARSE_MAX_REQUESTS_PER_SECOND', 'many', /MAX_REQUESTS_PER_SECOND must be a positive .*, got 'many'/],
    ['EXTEND_PARSE_METRICS_ADDRESS', '9464', /^EXTEND_PARSE_METRICS_ADDRESS must be an IP address and a port.*'9464'/],
    ['EXTEND_PARSE_METRICS_ADDRESS', 'localhost:9464', /^EXTEND_PARSE_METRICS_ADDRESS must be an IP address/],
    ['EXTEND_PARSE_METRICS_ADDRESS', '127.0.0.1:70000', /^EXTEND_PARSE_METRICS_ADDRESS must be an IP address/],
    ['TEMPORAL_PROFILE', 'unknown', /^Temporal's configuration is not usable: .*'unknown'/],
  ])('refuses %s=%s in one sentence', (name, value, sentence) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(sentence)]);
  });

  it('reports all problems together', () => {
    const problems = problemsOf({
      EXTEND_API_KEY: undefined,
      EXTEND_BASE_URL: 'api.extend.ai',
      EXTEND_PARSE_MAX_INLINE_BYTES: 'x',
      EXTEND_PARSE_SHUTDOWN_GRACE_MS: 'x',
      EXTEND_PARSE_MAX_REQUESTS_PER_SECOND: 'x',
      EXTEND_PARSE_METRICS_ADDRESS: 'x',
      EXTEND_PARSE_SOURCE_DIR: '/nowhere',
      TEMPORAL_PROFILE: 'unknown',
    });
    expect(problems).toHaveLength(8);
    expect(new ConfigurationError(problems).message.split('\n')).toEqual(problems);
  });

  it.each(['127.0.0.1:0', '0.0.0.0:9464', '[::1]:9464'])('accepts the metrics address %s', (address) => {
    expect(read({ EXTEND_PARSE_METRICS_ADDRESS: address }).metricsAddress).toBe(address);
  });
});

describe('EXTEND_BASE_URL', () => {
  it.each([
    'https://api.extend.ai',
    'https://gateway.example.com:8443/extend/',
    'http://127.0.0.1:4010',
    'http://127.9.9.9',
    'http://localhost:4010',
    'http://[::1]:4010',
  ])('may be %s', (url) => {
    expect(read({ EXTEND_BASE_URL: url }).activities.baseUrl).toBe(url);
  });

  it.each([
    'http://api.extend.ai',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://10.0.0.1',
    'api.extend.ai',
    'ftp://api.extend.ai',
    'https://',
  ])('must not be %s', (url) => {
    expect(problemsOf({ EXTEND_BASE_URL: url })).toEqual([
      expect.stringContaining('EXTEND_BASE_URL must be an https: URL, or an http: URL of this machine'),
    ]);
  });

  it.each([
    'https://user:hunter2@api.extend.ai',
    'https://api.extend.ai/?token=hunter2',
    'https://api.extend.ai#hunter2',
    'https://user:hunter2@api.extend.ai/?token=hunter2',
  ])('must not contain a secret', (url) => {
    const problems = problemsOf({ EXTEND_BASE_URL: url });
    expect(problems).toEqual([expect.stringContaining('must have no user name, password, query or fragment')]);
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('EXTEND_BASE_URL that is not a URL', () => {
  it.each([
    ['user:hunter2@api.extend.ai', 'a value without https:// (not shown)'],
    ['live.hunter2', 'a value without https:// (not shown)'],
    ['https://user:hunter2@[::1', "'https://***'"],
    ['http://api.extend.ai/?token=hunter2', "'http://api.extend.ai/?***'"],
  ])('is not shown with its secrets: %s', (url, shown) => {
    const problems = problemsOf({ EXTEND_BASE_URL: url });
    expect(problems).toEqual([expect.stringMatching(/^EXTEND_BASE_URL must be an https: URL/)]);
    expect(problems[0]?.endsWith(`, got ${shown}`)).toBe(true);
  });
});

describe('EXTEND_API_KEY_FILE', () => {
  const keyOf = async (env: Record<string, string>) => {
    const { apiKey } = read({ EXTEND_API_KEY: undefined, ...env }).activities;
    return typeof apiKey === 'string' ? apiKey : (await apiKey()).trim();
  };

  it('is read again for each request', async () => {
    const path = file('rotated', 'old-key\n');
    const { apiKey } = read({ EXTEND_API_KEY: undefined, EXTEND_API_KEY_FILE: path }).activities;
    const ask = apiKey as () => Promise<string>;
    expect((await ask()).trim()).toBe('old-key');
    file('rotated', 'new-key\n');
    expect((await ask()).trim()).toBe('new-key');
  });

  it('must not be set beside EXTEND_API_KEY', () => {
    expect(problemsOf({ EXTEND_API_KEY_FILE: file('both', 'k') })).toEqual([
      'EXTEND_API_KEY and EXTEND_API_KEY_FILE are both set: set one',
    ]);
  });

  it.each(['sk_hunter2', 'live/hunter2', `/${'hunter2'.repeat(100)}`, "it's/hunter2"])(
    'is not shown if it contains the key instead of a path: case %#',
    (key) => {
      const problems = problemsOf({ EXTEND_API_KEY: undefined, EXTEND_API_KEY_FILE: key });
      expect(problems).toEqual([expect.stringMatching(/^EXTEND_API_KEY_FILE must name a readable file: E[A-Z]+: \w/)]);
      expect(problems.join()).not.toContain('hunter2');
    },
  );

  it('must name a readable file with one key', async () => {
    const problems = (path: string) => problemsOf({ EXTEND_API_KEY: undefined, EXTEND_API_KEY_FILE: path });
    expect(problems('/nowhere/key')).toEqual([
      expect.stringMatching(/^EXTEND_API_KEY_FILE must name a readable file.*ENOENT/),
    ]);
    for (const content of ['', ' \n', 'two\nkeys']) {
      expect(problems(file('wrong', content))).toEqual([
        expect.stringMatching(/^EXTEND_API_KEY_FILE must name a file with one key and nothing else, got '.*wrong'/),
      ]);
    }
    await expect(keyOf({ EXTEND_API_KEY_FILE: file('right', 'k\n') })).resolves.toBe('k');
  });
});

describe("Temporal's own variables", () => {
  it.each([
    ['https://user:hunter2@temporal.example:7233', 'https://temporal.example:7233/'],
    ['user:hunter2@temporal.example:7233', '***'],
    ['temporal.example:7233/?key=hunter2', 'temporal.example:7233/?***'],
  ])('must name an address as host:port, and %s is not shown', (address, shown) => {
    expect(problemsOf({ TEMPORAL_ADDRESS: address })).toEqual([
      `TEMPORAL_ADDRESS, or the address of the profile, must be host:port, got '${shown}'`,
    ]);
  });

  const KEY_RULE = 'TEMPORAL_API_KEY, or the api_key of the profile, must be one word of printable ASCII characters';
  const META_RULE = 'must be printable ASCII characters';

  it.each(['hunter2\nhunter2', 'hunter2 hunter2', 'hunter2\u0007', 'hunter2é'])(
    'must have a key that a header can carry, and %j is not shown',
    (key) => {
      expect(problemsOf({ TEMPORAL_ADDRESS: 'h:1', TEMPORAL_API_KEY: key })).toEqual([KEY_RULE]);
      const toml = `[profile.default]\naddress = "h:1"\napi_key = ${JSON.stringify(key)}\n`;
      expect(problemsOf({ TEMPORAL_CONFIG_FILE: file('key.toml', toml) })).toEqual([KEY_RULE]);
    },
  );

  it('must have metadata that a header can carry, and the value is not shown', () => {
    const env = { TEMPORAL_ADDRESS: 'h:1', TEMPORAL_GRPC_META_X_TOKEN: 'hunter2\nhunter2' };
    expect(problemsOf(env)).toEqual([`TEMPORAL_GRPC_META_X_TOKEN ${META_RULE}`]);
    const toml = '[profile.default]\naddress = "h:1"\n[profile.default.grpc_meta]\nx-token = "hunter2\\u00e9"\n';
    const profile = { TEMPORAL_CONFIG_FILE: file('meta.toml', toml) };
    expect(problemsOf(profile)).toEqual([`grpc_meta of the profile: the value of 'x-token' ${META_RULE}`]);
    expect(problemsOf({ ...profile, ...env })).toEqual([`TEMPORAL_GRPC_META_X_TOKEN ${META_RULE}`]);
    expect(problemsOf({ ...env, TEMPORAL_GRPC_META_X_TOKEN: 'two words' })).toEqual([]);
  });

  it.each(['A_B', 'A_B_C', 'A_B_C_D_E', 'a_b_C', 'A-B', 'A-B_C_D_E'])(
    'are named as they are set, although envconfig replaces only the first underscores of a header: %s',
    (name) => {
      const variable = `TEMPORAL_GRPC_META_${name}`;
      expect(problemsOf({ TEMPORAL_ADDRESS: 'h:1', [variable]: 'é' })).toEqual([`${variable} ${META_RULE}`]);
    },
  );

  it('are not named for a header that only the profile sets', () => {
    const toml = '[profile.default]\naddress = "h:1"\n[profile.default.grpc_meta]\nA_B_C_D_E = "\\u00e9"\n';
    expect(problemsOf({ TEMPORAL_CONFIG_FILE: file('meta-only.toml', toml) })).toEqual([
      `grpc_meta of the profile: the value of 'a-b_c_d_e' ${META_RULE}`,
    ]);
  });

  it('are not shown if a path is the PEM itself', () => {
    const pem = '-----BEGIN PRIVATE KEY----- hunter2 -----END PRIVATE KEY-----';
    const problems = problemsOf({ TEMPORAL_ADDRESS: 'h:1', TEMPORAL_TLS_SERVER_CA_CERT_PATH: pem });
    expect(problems).toEqual([expect.stringMatching(/^Temporal's configuration is not usable: ENOENT/)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('give address, namespace, key and TLS', () => {
    const { temporal } = read({
      TEMPORAL_ADDRESS: 'temporal.example.com:7233',
      TEMPORAL_NAMESPACE: 'documents',
      TEMPORAL_API_KEY: 'temporal-key',
    });
    expect(temporal).toMatchObject({
      namespace: 'documents',
      connectionOptions: { address: 'temporal.example.com:7233', apiKey: 'temporal-key', tls: true },
    });
  });

  it('give a profile of a configuration file', () => {
    const toml = '[profile.default]\naddress = "one:1"\n[profile.other]\naddress = "two:2"\nnamespace = "n"\n';
    const env = { TEMPORAL_CONFIG_FILE: file('temporal.toml', toml) };
    expect(read(env).temporal.connectionOptions.address).toBe('one:1');
    expect(read({ ...env, TEMPORAL_PROFILE: 'other' }).temporal).toMatchObject({
      namespace: 'n',
      connectionOptions: { address: 'two:2' },
    });
  });

  it('count as absent if they are blank', () => {
    const { temporal } = read({ TEMPORAL_ADDRESS: ' ', TEMPORAL_NAMESPACE: '', TEMPORAL_API_KEY: '' });
    expect(temporal.namespace).toBeUndefined();
    expect(temporal.connectionOptions.address).toBeUndefined();
    expect(temporal.connectionOptions.tls).toBeUndefined();
  });

  it('can be read alone for a client, which needs no key of Extend', () => {
    const env = { ...nowhere, TEMPORAL_ADDRESS: 'a:1' };
    expect(readTemporalConfiguration(env).connectionOptions.address).toBe('a:1');
    expect(() => readTemporalConfiguration({ ...env, TEMPORAL_PROFILE: 'unknown' })).toThrow(ConfigurationError);
  });
});

it('no message contains a secret', () => {
  const secret = 's3cr3t';
  const wrong = { EXTEND_BASE_URL: 'x', EXTEND_PARSE_MAX_INLINE_BYTES: 'x', TEMPORAL_API_KEY: secret };
  const keys = [
    { EXTEND_API_KEY: `${secret} ${secret}` },
    { EXTEND_API_KEY: undefined, EXTEND_API_KEY_FILE: file('secret', `${secret} ${secret}`) },
    { EXTEND_API_KEY: secret, EXTEND_API_KEY_FILE: file('secret-2', secret) },
    { TEMPORAL_TLS_CLIENT_KEY_DATA: secret, TEMPORAL_TLS_CLIENT_KEY_PATH: '/nowhere' },
    { TEMPORAL_CONFIG_FILE: file('broken.toml', `[profile.default]\napi_key = ${secret}\n`) },
  ];
  for (const env of keys) {
    const problems = problemsOf({ ...wrong, ...env });
    expect(problems.length).toBeGreaterThan(2);
    expect(problems.join('\n')).not.toContain(secret);
  }
});
