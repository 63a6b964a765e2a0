/**
 * `npm run bench -- [PART…] [--quick] [--plots DIRECTORY]`: measures the package against what one would write by hand,
 * prints tables in markdown, checks the claims, and draws plots.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { batchPart } from './batch/part';
import { cadencePart } from './cadence/part';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { costPart } from './cost/part';
import { draw } from './report/draw';
import { claimToMarkdown, tableToMarkdown } from './report/markdown';
import type { Part } from './report/part';
import { storingPart } from './storing/part';
import { waitingPart } from './waiting/part';
import { throughputPart } from './throughput/part';

const PARTS: readonly Part[] = [cadencePart, costPart, throughputPart, waitingPart, storingPart, batchPart];
/** A quick run must not replace the plots that are published. */
const PLOTS = { full: 'docs/benchmarks', quick: '.cache/bench' };

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, plots: { type: 'string' } },
    allowPositionals: true,
  });
  const { quick, plots = quick ? PLOTS.quick : PLOTS.full } = values;
  const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`no part ${unknown.join(', ')}; there are ${PARTS.map(({ name }) => name).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  // Without handlers of its own for signals: Ctrl-C ends the bench at once.
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  print(describeMachine());
  const parts = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  for (const part of parts) await runPart(part, quick, plots);
}

async function runPart(part: Part, quick: boolean, plots: string): Promise<void> {
  const say = (line: string) => process.stderr.write(`${part.name}: ${line}\n`);
  print(`\n## ${part.name}\n\nload average before: ${load()}`);
  const report = await part.run({ quick, say });
  for (const table of report.tables) print(`\n${tableToMarkdown(table)}`);
  print(`\n${report.claims.map(claimToMarkdown).join('\n')}`);
  for (const plot of report.plots) say(`drawn: ${await draw(plot, plots)}`);
  if (report.claims.some(({ holds }) => !holds)) process.exitCode = 1;
}

function describeMachine(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${gigabytes} GB, ${process.platform}, Node ${process.version}`;
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(', ');
}

void main();
