import { resolve } from 'node:path';
import * as loopActivities from '../loop/activities';
import type { sleepLoop } from '../loop/sleep-loop';
import type { Claim, Benchmark, Plot, Table } from '../report/benchmark';
import { createParseTestEnvironment, type ParseTestEnvironment } from '../../testing';
import { billableActions } from './billable-actions';
import { historyBytes } from './history';

/** The cost of one document. */
interface Cost {
  readonly way: string;
  readonly polls: number;
  readonly events: number;
  readonly bytes: number;
  readonly actions: number;
}

const LOOP = 'hand-written loop';
const POLLS = { full: [1, 5, 20, 100], quick: [1, 5] };
/** Time between two polls of the loop. Time is skipped, so its length has no effect on the figures. */
const SLEEP_MS = 5_000;

/** History events, bytes and Actions per document, on the time-skipping server. */
export const costBenchmark: Benchmark = {
  name: 'cost',
  run: async ({ quick, say }) => {
    const costs: Cost[] = [];
    await using env = await createParseTestEnvironment({
      workflowsPath: resolve('bench/loop/workflows.ts'),
      activities: loopActivities,
    });
    process.env['BENCH_EXTEND_URL'] = env.emulator.url;
    for (const polls of quick ? POLLS.quick : POLLS.full) {
      say(describePolls(polls));
      for (const engine of ['timer', 'retry'] as const) costs.push(await costOfParse(env, engine, polls));
      costs.push(await costOfLoop(env, polls));
    }
    return { tables: [costTable(costs)], claims: costClaims(costs), plots: [eventsPlot(costs)] };
  },
};

/** A document whose run ends in such a way that the last of `polls` polls sees the end. */
const urlFor = (name: string, polls: number) => `http://emulator.invalid/ok?n=${name}-${polls}&reads=${polls - 1}`;

async function costOfParse(env: ParseTestEnvironment, engine: 'timer' | 'retry', polls: number): Promise<Cost> {
  const workflowId = `cost-${engine}-${polls}`;
  await env.client.execute({ file: { fileUrl: urlFor(engine, polls) }, polling: { engine } }, { workflowId });
  return costOf(env, { way: `engine ${engine}`, polls, workflowId });
}

async function costOfLoop(env: ParseTestEnvironment, polls: number): Promise<Cost> {
  const workflowId = `cost-loop-${polls}`;
  const args: Parameters<typeof sleepLoop> = [{ fileUrl: urlFor('loop', polls), sleepMs: SLEEP_MS }];
  await env.temporal.workflow.execute<typeof sleepLoop>('sleepLoop', { taskQueue: env.taskQueue, workflowId, args });
  return costOf(env, { way: LOOP, polls, workflowId });
}

async function costOf(
  { temporal, emulator }: ParseTestEnvironment,
  { way, polls, workflowId }: { readonly way: string; readonly polls: number; readonly workflowId: string },
): Promise<Cost> {
  const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
  const events = history.events ?? [];
  const { id } = emulator.runs.at(-1) ?? {};
  const sent = emulator.requests.filter(({ operation, runId }) => operation === 'read' && runId === id).length;
  if (sent !== polls) throw new Error(`${workflowId} polled ${sent} times instead of ${polls}`);
  return { way, polls, events: events.length, bytes: historyBytes(history), actions: billableActions(events) };
}

function costTable(costs: readonly Cost[]): Table {
  return {
    title: 'Cost of one document: events / bytes of history / billable Actions',
    columns: ['', ...pollsOf(costs).map(describePolls)],
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
      sentence: 'With the engine `retry`, the number of events is the same for any number of polls.',
      holds: new Set(retry).size === 1,
      measured: retry.join(', '),
    },
    {
      sentence: 'With the engine `timer`, N polls make 11N + 11 events.',
      holds: timer.every(({ polls, events }) => events === 11 * polls + 11),
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
        x: { field: 'polls', type: 'quantitative', title: 'polls', scale: { type: 'log', domain: [1, 100] } },
        y: { field: 'events', type: 'quantitative', title: 'events', scale: { type: 'log', domain: [10, 2000] } },
        color: { field: 'way', type: 'nominal', title: null, scale: { range: ['#0b6e4f', '#3aa17e', '#b5651d'] } },
        strokeDash: { field: 'way', type: 'nominal', title: null },
      },
    },
  };
}

const describePolls = (polls: number) => (polls === 1 ? '1 poll' : `${polls} polls`);
const pollsOf = (costs: readonly Cost[]) => [...new Set(costs.map(({ polls }) => polls))];
const waysOf = (costs: readonly Cost[]) => [...new Set(costs.map(({ way }) => way))];
