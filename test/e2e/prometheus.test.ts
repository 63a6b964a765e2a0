/** Prometheus itself accepts the alert rules and the queries of the dashboard in `deploy/`. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ROOT } from '../package/packed-project';

const PROMETHEUS = 'github.com/prometheus/prometheus@v0.316.0';
const RULES = join(ROOT, 'deploy', 'prometheus-rules.yaml');

let directory: string;

const go = (...args: readonly string[]) =>
  execFileSync('go', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });

/** The problems that Prometheus finds in a file of rules and in queries. */
function problemsOf(rules: string, queries: readonly string[]): string[] {
  const output = execFileSync(join(directory, 'check'), [rules], { encoding: 'utf8', input: JSON.stringify(queries) });
  return JSON.parse(output) as string[];
}

/** The queries of the dashboard, with a value in place of each variable of Grafana. */
function dashboardQueries(): string[] {
  const { panels } = JSON.parse(readFileSync(join(ROOT, 'deploy', 'grafana-dashboard.json'), 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  return queries.map((query) => query.replaceAll('$__rate_interval', '5m').replaceAll('$namespace', 'default'));
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'prometheus-'));
  cpSync(join(__dirname, 'prometheus', 'main.go'), join(directory, 'main.go'));
  go('mod', 'init', 'example.com/check');
  go('get', PROMETHEUS);
  go('mod', 'tidy');
  go('build', '-o', 'check', '.');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('accepts the alert rules and the queries of the dashboard', () => {
  const queries = dashboardQueries();
  expect(queries.length).toBeGreaterThan(5);
  expect(problemsOf(RULES, queries)).toEqual([]);
});

it('refuses a wrong rule and a wrong query', () => {
  const wrong = join(directory, 'wrong.yaml');
  writeFileSync(wrong, readFileSync(RULES, 'utf8').replace('rate(', 'rat('));
  expect(problemsOf(wrong, [])).toEqual([expect.stringContaining('unknown function with name "rat"')]);
  expect(problemsOf(RULES, ['sum(rate(extend_parse_submits[5m])'])).toEqual([expect.stringContaining('unclosed left')]);
});
