/** The files of `deploy/` agree with the command, its variables and its metrics. Neither Docker nor Kubernetes is needed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { KNOWN_VARIABLES } from '../../cli/known-variables';
import { parseListenAddress } from '../../cli/parse-listen-address';
import { FAILURES, METRICS, type MetricRow } from '../../contract';
import { MANIFEST } from '../package/packed-project';

const read = (name: string) => readFileSync(join(__dirname, '../../deploy', name), 'utf8');
const rows: Readonly<Record<string, MetricRow>> = METRICS;
/** Labels that Temporal and Prometheus add. */
const ADDED_LABELS = ['namespace', 'taskQueue', 'workflowType', 'activityType', 'le'];
/** Outcomes of documents that are no failure types. */
const OTHER_OUTCOMES = ['Processed', 'Cancelled', 'Unexpected'];

/** The problems of a query: unknown metrics, series, labels and outcomes, and brackets that are not closed. */
function problemsOf(query: string): string[] {
  const problems: string[] = [];
  for (const [series, name = '', ending = ''] of query.matchAll(/\b(extend_parse_\w+?)(_bucket|_sum|_count)?\b/g)) {
    const row = rows[name];
    if (row === undefined || (row.type === 'histogram') !== (ending !== '')) problems.push(`${series} is no series`);
  }
  for (const [, name = '', , selector = ''] of query.matchAll(
    /(extend_parse_\w+?)(_bucket|_sum|_count)?\{([^}]*)\}/g,
  )) {
    for (const [, label = '', value = ''] of selector.matchAll(/(\w+)\s*[=!]~?\s*"([^"]*)"/g)) {
      if (![...(rows[name]?.labels ?? []), ...ADDED_LABELS].includes(label)) problems.push(`${name} has no ${label}`);
      if (name === 'extend_parse_documents' && label === 'outcome') {
        const known = [...Object.keys(FAILURES), ...OTHER_OUTCOMES];
        problems.push(...value.split('|').filter((outcome) => !known.includes(outcome)));
      }
    }
  }
  if (query.split('(').length !== query.split(')').length) problems.push('a bracket is not closed');
  return problems;
}

describe('the alert rules', () => {
  const { groups } = parse(read('prometheus-rules.yaml')) as {
    groups: { rules: { alert: string; expr: string; annotations: object }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);

  it.each(rules.map(({ alert, expr }) => [alert, expr] as const))('%s asks for series that exist', (_alert, expr) => {
    expect(problemsOf(expr)).toEqual([]);
    expect(expr).toContain('extend_parse_');
  });

  it('say what is wrong and what to do', () => {
    expect(rules.length).toBeGreaterThan(4);
    for (const { annotations } of rules) expect(Object.keys(annotations)).toEqual(['summary', 'description']);
  });
});

it('the dashboard asks for series that exist, and shows every metric', () => {
  const { panels } = JSON.parse(read('grafana-dashboard.json')) as {
    panels: { id: number; title: string; targets: { expr: string }[] }[];
  };
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(queries.flatMap(problemsOf)).toEqual([]);
  expect(Object.keys(rows).filter((name) => !queries.some((query) => query.includes(name)))).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

it('the check of queries finds mistakes', () => {
  expect(problemsOf('rate(extend_parse_polls[5m])')).toEqual(['extend_parse_polls is no series']);
  expect(problemsOf('extend_parse_documents{engine="x"}')).toEqual(['extend_parse_documents has no engine']);
  expect(problemsOf('extend_parse_documents{outcome="OutOfCredit"}')).toEqual(['OutOfCredit']);
  expect(problemsOf('sum(rate(extend_parse_submits[5m])')).toEqual(['a bracket is not closed']);
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = (word: string) => lines.findLast((line) => line.startsWith(`${word} `))?.slice(word.length + 1);

  it('has glibc, a Node that the package accepts, and a user that is not root', () => {
    for (const line of lines.filter((each) => each.startsWith('FROM '))) {
      const [, major = '', system] = /^FROM node:(\d+)-(\w+)-slim\b/.exec(line) ?? [];
      expect([Number(major) >= 20, system]).toEqual([true, 'bookworm']);
    }
    expect(last('USER')).toBe('node');
  });

  it('starts the command of the package as the first process, without a shell', () => {
    const [node, script] = JSON.parse(last('ENTRYPOINT') ?? '') as string[];
    expect([node, script]).toEqual(['node', `node_modules/${MANIFEST.name}/${MANIFEST.bin['extend-parse']}`]);
    const [command, option, address] = JSON.parse(last('CMD') ?? '') as string[];
    expect([command, option, parseListenAddress(address ?? '')]).toEqual([
      ...['worker', '--health', { host: '0.0.0.0', port: 8080 }],
    ]);
  });
});

describe('the Kubernetes manifests', () => {
  const documents = parseAllDocuments(read('kubernetes.yaml')).map((each) => each.toJS({ maxAliasCount: 0 }));
  const [deployment] = documents;
  const { spec: pod } = deployment.spec.template;
  const [worker] = pod.containers;

  it('select the pods of the deployment', () => {
    const labels = deployment.spec.template.metadata.labels;
    const budget = documents.find(({ kind }) => kind === 'PodDisruptionBudget');
    const scaler = documents.find(({ kind }) => kind === 'HorizontalPodAutoscaler');
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(budget.spec.selector.matchLabels).toEqual(labels);
    expect(scaler.spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: deployment.metadata.name });
  });

  it('give the worker more time than it needs to stop, and no rights that it does not need', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(75 + 15);
    expect(pod.securityContext.runAsNonRoot).toBe(true);
    expect(worker.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
  });

  it('name variables, ports and volumes that exist', () => {
    const names = worker.env.map(({ name }: { name: string }) => name) as string[];
    const temporal = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'];
    expect(names.filter((name) => ![...KNOWN_VARIABLES, ...temporal].includes(name))).toEqual([]);
    const ports = worker.ports as { name: string; containerPort: number }[];
    expect(parseListenAddress(worker.args[2])).toEqual({ host: '0.0.0.0', port: ports[0]?.containerPort });
    expect(worker.readinessProbe.httpGet.port).toBe(ports[0]?.name);
    const mounted = worker.volumeMounts.map(({ name }: { name: string }) => name);
    expect(mounted).toEqual(pod.volumes.map(({ name }: { name: string }) => name));
  });
});
