/**
 * Risk tested here: with webhooks on, documents cost more requests than the poll after the event, or their ends are noticed
 * late; or a document is lost together with its event. The runs end spread over time, because the delay of a machine that
 * has too much to do at once is not that of the webhooks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { ParseResult } from '../../client';
import type { PollingOptions } from '../../contract';
import type { EmulatorDelivery, WebhookOptions } from '../../local/extend';
import { createParseTestEnvironment, type EmulatorRequest, type ParseTestEnvironment } from '../../testing';
import { quietly } from '../support/quietly';
import { until } from '../support/until';
import { MachineDelay } from './machine-delay/measure-machine-delay';

const DOCUMENTS = 500;
const ENGINES = ['timer', 'retry'] as const;
/** Time between the starts of two documents, in milliseconds. */
const BETWEEN_STARTS_MS = 50;
/** Number of different durations of the runs. */
const DURATIONS = 50;

quietly();

/** The end of one document. Times are in milliseconds since the epoch. */
interface Ended {
  /** Duration of the run at Extend, in milliseconds. */
  readonly ranMs: number;
  /** Creation of the run. */
  readonly createdAtMs: number;
  /** Arrivals of the requests for the state of the run. The last one found its end. */
  readonly polledAtMs: readonly number[];
  /** First attempt to deliver the event. Absent if the event was lost. */
  readonly eventAtMs: number | undefined;
  /** End of the workflow. */
  readonly closedAtMs: number;
}

/** A document that has its result. */
interface Parsed {
  readonly workflowId: string;
  readonly result: ParseResult;
}

/** The ends of all documents, and the delay of the machine meanwhile. */
interface Parsing {
  readonly ends: readonly Ended[];
  /** Times that Temporal and the worker take from a signal to an activity, in milliseconds. */
  readonly machineMs: readonly number[];
}

/** Parses all documents, whose runs end by themselves after these durations. */
async function parseAll(
  durationsMs: readonly number[],
  polling: PollingOptions,
  faults: NonNullable<WebhookOptions['faults']> = () => undefined,
): Promise<Parsing> {
  const machine = new MachineDelay();
  await using parsing = await createParseTestEnvironment({
    webhooks: true,
    apiVersion: '2026-02-09',
    scripts: Object.fromEntries(durationsMs.map((durationMs, at) => [`after-${at}`, { durationMs }])),
    emulator: { webhooks: { faults } },
    workflowsPath: require.resolve('./machine-delay/probe-workflows'),
    activities: machine.activities,
  });
  const ending = endAll(parsing, durationsMs, polling);
  const machineMs = await machine.measureUntil(ending, parsing);
  show('from signal to activity, without webhooks', machineMs);
  return { ends: await ending, machineMs };
}

/** Parses all documents in an environment. */
async function endAll(
  parsing: ParseTestEnvironment,
  durationsMs: readonly number[],
  polling: PollingOptions,
): Promise<Ended[]> {
  const parse = async (_: unknown, at: number): Promise<Parsed> => {
    await sleep(at * BETWEEN_STARTS_MS);
    const file = parsing.document(`after-${at % durationsMs.length}`);
    const engine = ENGINES[at % 2] ?? 'timer';
    const workflowId = `document-${at}`;
    const result = await parsing.client.execute({ file, polling: { ...polling, engine } }, { workflowId });
    return { workflowId, result };
  };
  const parsed = await Promise.all(Array.from({ length: DOCUMENTS }, parse));
  // Each event has come, so that the test does not close the receiver while one is on its way.
  await until(() => parsing.emulator.webhookDeliveries.filter(isOver).length >= DOCUMENTS);
  expect(parsing.emulator.runs).toHaveLength(DOCUMENTS);
  expect(parsing.emulator.requests.filter(({ operation }) => operation === 'submit')).toHaveLength(DOCUMENTS);
  expect(new Set(parsed.map(({ result }) => result.runId)).size).toBe(DOCUMENTS);
  return await endsOf(parsing, parsed, durationsMs);
}

/** Joins the facts about each document. */
async function endsOf(
  { emulator, temporal }: ParseTestEnvironment,
  parsed: readonly Parsed[],
  durationsMs: readonly number[],
): Promise<Ended[]> {
  const created = new Map(emulator.runs.map(({ id, createdAtMs }) => [id, createdAtMs]));
  const polls = emulator.requests.filter(isPoll);
  const events = emulator.webhookDeliveries.filter(({ attempt }) => attempt === 1);
  const facts = async ({ workflowId, result: { runId } }: Parsed, at: number): Promise<Ended> => {
    const { closeTime } = await temporal.workflow.getHandle(workflowId).describe();
    return {
      ranMs: durationsMs[at % durationsMs.length] ?? Number.NaN,
      createdAtMs: created.get(runId) ?? Number.NaN,
      polledAtMs: polls.filter((poll) => poll.runId === runId).map(({ atMs }) => atMs),
      eventAtMs: events.find((event) => event.runId === runId)?.atMs,
      closedAtMs: closeTime?.getTime() ?? Number.NaN,
    };
  };
  return Promise.all(parsed.map(facts));
}

function isOver({ outcome }: EmulatorDelivery): boolean {
  return outcome !== 'pending';
}

/** Time of the request that found the end of a document, in milliseconds since the epoch. */
function noticedAtMs({ polledAtMs }: Ended): number {
  return polledAtMs.at(-1) ?? Number.NaN;
}

function isPoll({ operation }: EmulatorRequest): boolean {
  return operation === 'read' || operation === 'result';
}

/** The smallest value that 95 of 100 do not exceed. */
function mostOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
}

/** Returns `count` durations from one to another, in milliseconds. */
function spread(fromMs: number, toMs: number, count = DURATIONS): number[] {
  return Array.from({ length: count }, (_, at) => Math.round(fromMs + ((toMs - fromMs) * at) / (count - 1)));
}

/** Shows the figures of a test, which depend on the machine. */
function show(name: string, values: readonly number[]): void {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
  process.stderr.write(`${name}: median ${at(0.5)} ms, 95 of 100 within ${at(0.95)} ms, longest ${at(1)} ms\n`);
}

describe('500 documents with webhooks', () => {
  it('take one request each beside the submit, and 95 of 100 ends are noticed within a second of their event', async () => {
    // The first poll by schedule is due after 54 s at the earliest.
    const { ends, machineMs } = await parseAll(spread(8_000, 48_000), { expectWebhook: true });
    const requests = ends.reduce((sum, { polledAtMs }) => sum + polledAtMs.length, 0);
    expect(requests / DOCUMENTS).toBeLessThanOrEqual(1.1);
    const noticedMs = ends.map((end) => noticedAtMs(end) - (end.eventAtMs ?? Number.NaN));
    show('from event to poll', noticedMs);
    show(
      'from event to end',
      ends.map(({ closedAtMs, eventAtMs = Number.NaN }) => closedAtMs - eventAtMs),
    );
    expect(mostOf(noticedMs)).toBeLessThanOrEqual(1_000 + mostOf(machineMs));
  });
});

describe('500 documents, a third of whose events are lost or late', () => {
  const FIRST_POLL_MS = 16_000;
  const BETWEEN_MS = 5_000;
  const LATE_MS = 12_000;
  /** Shorter than the time between two polls, so that one poll too few is noticed. */
  const SLACK_MS = 4_000;

  it('all end, and none later than the polls by schedule make it', async () => {
    let count = 0;
    const faults = () => {
      count += 1;
      if (count % 6 === 0) return { lost: true };
      if (count % 6 === 3) return { delayMs: LATE_MS };
      return count % 6 === 1 ? { copies: 2 } : undefined;
    };
    const polling = { expectWebhook: true, initialDelayMs: FIRST_POLL_MS, maxDelayMs: BETWEEN_MS, jitter: 0 };
    const { ends, machineMs } = await parseAll(spread(3_000, 24_000), polling, faults);
    expect(count).toBe(DOCUMENTS);
    expect(ends.filter(({ eventAtMs }) => eventAtMs === undefined)).toHaveLength(Math.floor(DOCUMENTS / 6));
    const lateMs = ends.map((end) => {
      const dueAfterMs = end.ranMs < FIRST_POLL_MS ? FIRST_POLL_MS : end.ranMs + BETWEEN_MS;
      return noticedAtMs(end) - end.createdAtMs - dueAfterMs;
    });
    show('from the poll that is due to the request', lateMs);
    expect(Math.max(...lateMs)).toBeLessThan(SLACK_MS + Math.max(...machineMs));
    // The others are told before the poll that is due.
    expect(lateMs.filter((late) => late < -1_000).length).toBeGreaterThan(DOCUMENTS / 3);
  });
});
