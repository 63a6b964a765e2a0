import type { ApiVersion } from '../../contract/extend';
import {
  submitsOf,
  type Breach,
  type BreachKind,
  type DocumentRecord,
  type Ledgers,
  type Reported,
} from './compare-ledgers';

/** The table of a soak's figures, with one column per group of documents. */
export interface Summary {
  readonly columns: readonly string[];
  readonly rows: readonly SummaryRow[];
}

/** One row of the table. */
export interface SummaryRow {
  readonly title: string;
  /** One figure per column. */
  readonly figures: readonly number[];
  /** `true`: each figure has to be 0. */
  readonly mustBeZero: boolean;
}

interface Group {
  readonly title: string;
  readonly documents: readonly DocumentRecord[];
  /** Runs that belong to no document. */
  readonly strays: number;
}

/** Counts the entries of the ledgers and the breaches, for each mode that occurs and for all documents. Pure. */
export function summarize(ledgers: Ledgers, breaches: readonly Breach[]): Summary {
  const groups = groupsOf(ledgers);
  const row = (title: string, count: (group: Group) => number): SummaryRow => {
    return { title, figures: groups.map(count), mustBeZero: false };
  };
  const breachRow = (title: string, kind: BreachKind): SummaryRow => {
    const figures = groups.map((group) => countBreaches(breaches, kind, group));
    return { title, figures, mustBeZero: true };
  };
  const rows = [
    row('documents', ({ documents }) => documents.length),
    row('workflows started', ({ documents }) => documents.filter(({ wasStarted }) => wasStarted).length),
    row('results', ({ documents }) => documents.filter(({ reported }) => reported?.kind === 'result').length),
    row('typed failures', ({ documents }) => documents.filter(({ reported }) => reported?.kind === 'failure').length),
    ...failureTypes(ledgers).map((type) => row(`  ${type}`, (group) => countFailures(group, type))),
    breachRow('lost', 'lost'),
    breachRow('wrong results', 'wrongResult'),
    breachRow('wrong failures', 'wrongFailure'),
    row('runs billed', ({ documents, strays }) => sum(documents, ({ runIds }) => runIds.length) + strays),
    ...versionsOf(ledgers).map((version) => row(`  version ${version}`, (group) => countRuns(group, version))),
    breachRow('requests in another version', 'wrongVersion'),
    row('resubmits reported', ({ documents }) =>
      sum(documents, ({ reported }) => Math.max(submitsOf(reported) - 1, 0)),
    ),
    breachRow('unexplained runs', 'unexplainedRun'),
    breachRow("'fail' documents billed twice", 'billedTwiceInFailMode'),
    breachRow("'fail' documents sent twice", 'sentTwiceInFailMode'),
    breachRow('listed, but billed twice', 'billedTwice'),
    breachRow('listed, but not adopted', 'notAdopted'),
    row('second runs', ({ documents }) => sum(documents, ({ runIds }) => Math.max(runIds.length - 1, 0))),
    row('  named', ({ documents }) => sum(documents, ({ reported }) => otherRunsOf(reported).length)),
    breachRow('  listed, but not named', 'unnamedRun'),
  ];
  return { columns: groups.map(({ title }) => title), rows };
}

/** The summary as a markdown table with aligned columns, which is readable as plain text too. */
export function renderSummary({ columns, rows }: Summary): string {
  const cells = rows.map(({ title, figures, mustBeZero }) => [
    mustBeZero ? `${title} (must be 0)` : title,
    ...figures.map(String),
  ]);
  const all = [['', ...columns], ...cells];
  const widths = ['', ...columns].map((_, at) => Math.max(...all.map((line) => line[at]?.length ?? 0), 3));
  const pad = (text: string, at: number) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0));
  const render = (line: readonly string[]) => `| ${line.map(pad).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head = [], ...body] = all;
  return [render(head), rule, ...body.map(render)].join('\n');
}

function groupsOf({ documents, strayRunIds }: Ledgers): Group[] {
  const modes = (['resubmit', 'fail'] as const).map((mode): Group => {
    return { title: mode, documents: documents.filter(({ planned }) => planned.mode === mode), strays: 0 };
  });
  const occurring = modes.filter((group) => group.documents.length > 0);
  const all: Group = { title: 'all', documents, strays: strayRunIds.length };
  return [...(occurring.length > 1 ? occurring : []), all];
}

function otherRunsOf(reported: Reported | undefined): readonly string[] {
  return reported === undefined || reported.kind === 'other' ? [] : (reported.otherRuns ?? []);
}

function versionsOf({ documents }: Ledgers): ApiVersion[] {
  return [...new Set(documents.flatMap(({ runVersions }) => runVersions))].sort();
}

function countRuns({ documents }: Group, version: ApiVersion): number {
  return sum(documents, ({ runVersions }) => runVersions.filter((one) => one === version).length);
}

function failureTypes({ documents }: Ledgers): string[] {
  const types = documents.flatMap(({ reported }) => (reported?.kind === 'failure' ? [reported.type] : []));
  return [...new Set(types)].sort();
}

function countFailures({ documents }: Group, type: string): number {
  return documents.filter(({ reported }) => reported?.kind === 'failure' && reported.type === type).length;
}

function countBreaches(breaches: readonly Breach[], kind: BreachKind, { documents, strays }: Group): number {
  const numbers = new Set(documents.map(({ planned }) => planned.number));
  const own = breaches.filter((breach) => breach.kind === kind && breach.document !== undefined);
  const inGroup = sum(own, ({ document, count }) => (numbers.has(document as number) ? count : 0));
  return kind === 'unexplainedRun' ? inGroup + strays : inGroup;
}

function sum<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((total, item) => total + figure(item), 0);
}
