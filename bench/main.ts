/**
 * `npm run bench -- [BENCHMARK…] [--quick] [--plots DIRECTORY]`: compares the package with a hand-written loop, prints
 * tables in markdown, checks the claims, and draws plots.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { batchBenchmark } from './batch/batch-benchmark';
import { bulkBenchmark } from './bulk/bulk-benchmark';
import { cadenceBenchmark } from './cadence/cadence-benchmark';
import { costBenchmark } from './cost/cost-benchmark';
import { draw } from './report/draw';
import { claimToMarkdown, tableToMarkdown } from './report/markdown';
import type { Benchmark } from './report/benchmark';
import { storingBenchmark } from './storing/storing-benchmark';
import { waitingBenchmark } from './waiting/waiting-benchmark';
import { throughputBenchmark } from './throughput/throughput-benchmark';

const BENCHMARKS: readonly Benchmark[] = [
  cadenceBenchmark,
  costBenchmark,
  throughputBenchmark,
  waitingBenchmark,
  storingBenchmark,
  batchBenchmark,
  bulkBenchmark,
];
/** Directories for the plots. `--quick` must not replace the published plots. */
const PLOTS = { full: 'docs/benchmarks', quick: '.cache/bench' };

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, plots: { type: 'string' } },
    allowPositionals: true,
  });
  const { quick, plots = quick ? PLOTS.quick : PLOTS.full } = values;
  const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.map(({ name }) => name).join(', ')}\n`,
    );
    process.exitCode = 2;
    return;
  }
  // The SDK gets no signals to handle, so that Ctrl-C ends the bench at once.
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  print(describeMachine());
  const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  for (const benchmark of chosen) await runBenchmark(benchmark, quick, plots);
}

async function runBenchmark(benchmark: Benchmark, quick: boolean, plots: string): Promise<void> {
  const say = (line: string) => process.stderr.write(`${benchmark.name}: ${line}\n`);
  print(`\n## ${benchmark.name}\n\nload average before: ${load()}`);
  const report = await benchmark.run({ quick, say });
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
