import { resolve } from 'node:path';
import * as loopActivities from '../loop/activities';
import type { sleepLoop } from '../loop/sleep-loop';
import type { Claim, Part, Plot, Table } from '../report/part';
import { createParseTestEnvironment, type ParseTestEnvironment } from '../../testing';
import { billableActions } from './billable-actions';
import { historyBytes } from './history';

/** What one document cost. */
interface Cost {
  readonly way: string;
  readonly reads: number;
  readonly events: number;
  readonly bytes: number;
  readonly actions: number;
}

const LOOP = 'hand-written loop';
const READS = { full: [1, 5, 20, 100], quick: [1, 5] };
/** The result of one page is the same in all of them, and no matter of waiting. */
const SLEEP_MS = 5_000;

/** History events, bytes and Actions per document, on the time-skipping server. */
export const costPart: Part = {
  name: 'cost',
  run: async ({ quick, say }) => {
    const costs: Cost[] = [];
    await using env = await createParseTestEnvironment({
      workflowsPath: resolve('bench/loop/workflows.ts'),
      activities: loopActivities,
    });
    process.env['BENCH_EXTEND_URL'] = env.emulator.url;
    for (const reads of quick ? READS.quick : READS.full) {
      say(`${reads} reads`);
      for (const engine of ['timer', 'retry'] as const) costs.push(await costOfParse(env, engine, reads));
      costs.push(await costOfLoop(env, reads));
    }
    return { tables: [costTable(costs)], claims: costClaims(costs), plots: [eventsPlot(costs)] };
  },
};

/** The end shows in the last of so many reads. */
const urlFor = (name: string, reads: number) => `http://emulator.invalid/ok?n=${name}-${reads}&reads=${reads - 1}`;

async function costOfParse(env: ParseTestEnvironment, engine: 'timer' | 'retry', reads: number): Promise<Cost> {
  const workflowId = `cost-${engine}-${reads}`;
  await env.client.execute({ file: { fileUrl: urlFor(engine, reads) }, polling: { engine } }, { workflowId });
  return costOf(env, { way: `engine ${engine}`, reads, workflowId });
}

async function costOfLoop(env: ParseTestEnvironment, reads: number): Promise<Cost> {
  const workflowId = `cost-loop-${reads}`;
  const args: Parameters<typeof sleepLoop> = [{ fileUrl: urlFor('loop', reads), sleepMs: SLEEP_MS }];
  await env.temporal.workflow.execute<typeof sleepLoop>('sleepLoop', { taskQueue: env.taskQueue, workflowId, args });
  return costOf(env, { way: LOOP, reads, workflowId });
}

async function costOf(
  { temporal, emulator }: ParseTestEnvironment,
  { way, reads, workflowId }: { readonly way: string; readonly reads: number; readonly workflowId: string },
): Promise<Cost> {
  const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
  const events = history.events ?? [];
  const { id } = emulator.runs.at(-1) ?? {};
  const sent = emulator.requests.filter(({ operation, runId }) => operation === 'read' && runId === id).length;
  if (sent !== reads) throw new Error(`${workflowId} read ${sent} times instead of ${reads}`);
  return { way, reads, events: events.length, bytes: historyBytes(history), actions: billableActions(events) };
}

function costTable(costs: readonly Cost[]): Table {
  return {
    title: 'Cost of one document: events / bytes of history / billable Actions',
    columns: ['', ...readsOf(costs).map((reads) => `${reads} reads`)],
    rows: waysOf(costs).map((way) => [
      way,
      ...costs
        .filter((cost) => cost.way === way)
        .map(({ events, bytes, actions }) => `${events} / ${bytes} / ${actions}`),
    ]),
  };
}

function costClaims(costs: readonly Cost[]): readonly Claim[] {
  const eventsOf = (way: string) => costs.filter((cost) => cost.way === way).map(({ events }) => events);
  const timer = costs.filter(({ way }) => way === 'engine timer');
  const retry = eventsOf('engine retry');
  return [
    {
      sentence: 'With the engine `retry`, the number of events is the same for any number of reads.',
      holds: new Set(retry).size === 1,
      measured: retry.join(', '),
    },
    {
      sentence: 'With the engine `timer`, N polls make 11N + 19 events.',
      holds: timer.every(({ reads, events }) => events === 11 * reads + 19),
      measured: eventsOf('engine timer').join(', '),
    },
  ];
}

function eventsPlot(costs: readonly Cost[]): Plot {
  return {
    name: 'cost',
    spec: {
      title: 'History events per document',
      width: 520,
      height: 320,
      data: { values: [...costs] },
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'reads', type: 'quantitative', title: 'status reads', scale: { type: 'log', domain: [1, 100] } },
        y: { field: 'events', type: 'quantitative', title: 'events', scale: { type: 'log', domain: [10, 2000] } },
        color: { field: 'way', type: 'nominal', title: null, scale: { range: ['#0b6e4f', '#3aa17e', '#b5651d'] } },
        strokeDash: { field: 'way', type: 'nominal', title: null },
      },
    },
  };
}

const readsOf = (costs: readonly Cost[]) => [...new Set(costs.map(({ reads }) => reads))];
const waysOf = (costs: readonly Cost[]) => [...new Set(costs.map(({ way }) => way))];
