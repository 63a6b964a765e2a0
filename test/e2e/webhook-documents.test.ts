/**
 * Risk tested here: with webhooks on, documents cost more requests than the poll after the event, or their ends are noticed
 * late; or a document is lost together with its event. The runs end spread over time, because the delay of a machine that
 * has too much to do at once is not that of the webhooks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { ParseResult } from '../../client';
import type { PollingOptions } from '../../contract';
import { defined } from '../../json';
import type { EmulatorDelivery, WebhookOptions } from '../../local/extend';
import { createParseTestEnvironment, type EmulatorRequest, type ParseTestEnvironment } from '../../testing';
import { quietly } from '../support/quietly';
import { until } from '../support/until';
import { MachineProbe } from './machine-delay/machine-probe';

const ENGINES = ['timer', 'retry'] as const;
/** Number of different durations of the runs. */
const DURATIONS = 50;

quietly();

/** The documents of a test. */
interface Scenario {
  readonly documents: number;
  /** Shortest and longest duration of a run at Extend, in milliseconds. */
  readonly ranMs: readonly [number, number];
  /** Shortest time between the starts of two documents, in milliseconds. */
  readonly betweenStartsMs: number;
  readonly polling: PollingOptions;
  readonly faults?: NonNullable<WebhookOptions['faults']>;
}

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

/** The ends of all documents, and the delay of the machine meanwhile. */
interface Ends {
  readonly ends: readonly Ended[];
  /** Times that Temporal and the worker take from a signal to an activity, in milliseconds. */
  readonly machineMs: readonly number[];
}

/** A document that has its result. */
interface Parsed {
  readonly workflowId: string;
  readonly ranMs: number;
  readonly result: ParseResult;
}

/** Parses documents whose runs end by themselves. */
async function parseAll(scenario: Scenario): Promise<Ends> {
  const durationsMs = spread(...scenario.ranMs);
  const scripts = durationsMs.map(
    (durationMs) => [`of-${durationMs}`, { durationMs, processingReads: 1_000 }] as const,
  );
  const probe = new MachineProbe();
  await using parsing = await createParseTestEnvironment({
    webhooks: true,
    apiVersion: '2026-02-09',
    scripts: Object.fromEntries(scripts),
    emulator: { webhooks: defined({ faults: scenario.faults }) },
    workflowsPath: require.resolve('./machine-delay/probe-workflows'),
    activities: probe.activities,
  });
  const parsed = await parseAtPace(parsing, probe, scenario, durationsMs);
  const { documents } = scenario;
  // Each event has come, so that the test does not close the receiver while one is on its way.
  await until(() => new Set(parsing.emulator.webhookDeliveries.filter(isOver).map(runIdOf)).size === documents);
  expect(parsing.emulator.runs).toHaveLength(documents);
  expect(parsing.emulator.requests.filter(({ operation }) => operation === 'submit')).toHaveLength(documents);
  expect(new Set(parsed.map(({ result }) => result.runId)).size).toBe(documents);
  const ends = await endsOf(parsing, parsed);
  show('from signal to activity, without webhooks', probe.delaysMs);
  return { ends, machineMs: probe.delaysMs };
}

/** Starts a document each time that the machine has answered a probe, so that no backlog of work delays all that follows. */
async function parseAtPace(
  parsing: ParseTestEnvironment,
  probe: MachineProbe,
  { documents, betweenStartsMs, polling }: Scenario,
  durationsMs: readonly number[],
): Promise<Parsed[]> {
  let left = documents;
  const parse = async (at: number): Promise<Parsed> => {
    const ranMs = durationsMs[at % durationsMs.length] ?? Number.NaN;
    const file = parsing.document(`of-${ranMs}`);
    const engine = ENGINES[at % 2] ?? 'timer';
    const workflowId = `document-${at}`;
    const ending = parsing.client.execute({ file, polling: { ...polling, engine } }, { workflowId });
    const result = await ending.finally(() => (left -= 1));
    return { workflowId, ranMs, result };
  };
  const parses: Promise<Parsed>[] = [];
  while (left > 0) {
    await Promise.all([probe.measure(parsing), sleep(betweenStartsMs)]);
    if (parses.length === documents) continue;
    const started = parse(parses.length);
    // A failure ends the test below.
    started.catch(() => undefined);
    parses.push(started);
  }
  return Promise.all(parses);
}

/** Joins the facts about each document. */
async function endsOf({ emulator, temporal }: ParseTestEnvironment, parsed: readonly Parsed[]): Promise<Ended[]> {
  const created = new Map(emulator.runs.map(({ id, createdAtMs }) => [id, createdAtMs]));
  const polls = emulator.requests.filter(isPoll);
  const events = emulator.webhookDeliveries.filter(({ attempt }) => attempt === 1);
  const facts = async ({ workflowId, ranMs, result: { runId } }: Parsed): Promise<Ended> => {
    const { closeTime } = await temporal.workflow.getHandle(workflowId).describe();
    return {
      ranMs,
      createdAtMs: created.get(runId) ?? Number.NaN,
      polledAtMs: polls.filter((poll) => poll.runId === runId).map(({ atMs }) => atMs),
      eventAtMs: events.find((event) => event.runId === runId)?.atMs,
      closedAtMs: closeTime?.getTime() ?? Number.NaN,
    };
  };
  return Promise.all(parsed.map(facts));
}

function isOver({ outcome }: EmulatorDelivery): boolean {
  return outcome === 'delivered' || outcome === 'lost';
}

function runIdOf({ runId }: EmulatorDelivery): string | undefined {
  return runId;
}

/** Time of the request that found the end of a document, in milliseconds since the epoch. */
function noticedAtMs({ polledAtMs }: Ended): number {
  return polledAtMs.at(-1) ?? Number.NaN;
}

function isPoll({ operation }: EmulatorRequest): boolean {
  return operation === 'read' || operation === 'result';
}

/** Returns durations from one to another, in milliseconds. */
function spread(fromMs: number, toMs: number): number[] {
  return Array.from({ length: DURATIONS }, (_, at) => Math.round(fromMs + ((toMs - fromMs) * at) / (DURATIONS - 1)));
}

/** The smallest of the values that this part of them does not exceed. */
function quantile(values: readonly number[], part: number): number {
  return values.toSorted((one, other) => one - other)[Math.ceil(values.length * part) - 1] ?? Number.NaN;
}

/** Shows the figures of a test, which depend on the machine. */
function show(name: string, values: readonly number[]): void {
  const at = (part: number) => Math.round(quantile(values, part));
  process.stderr.write(`${name}: median ${at(0.5)} ms, 95 of 100 within ${at(0.95)} ms, longest ${at(1)} ms\n`);
}

describe('500 documents with webhooks', () => {
  it('take one request each beside the submit, and 95 of 100 ends are noticed within a second of their event', async () => {
    const documents = 500;
    // The first poll by schedule is due after 54 s at the earliest.
    const polling = { expectWebhook: true };
    const { ends, machineMs } = await parseAll({ documents, ranMs: [5_000, 35_000], betweenStartsMs: 120, polling });
    const requests = ends.reduce((sum, { polledAtMs }) => sum + polledAtMs.length, 0);
    const noticedMs = ends.map((end) => noticedAtMs(end) - (end.eventAtMs ?? Number.NaN));
    show('from event to poll', noticedMs);
    const endedMs = ends.map(({ closedAtMs, eventAtMs = Number.NaN }) => closedAtMs - eventAtMs);
    show('from event to end', endedMs);
    expect(requests / documents).toBeLessThanOrEqual(1.1);
    // Within a second of the time that the machine needs for any signal.
    expect(quantile(noticedMs, 0.95)).toBeLessThanOrEqual(1_000 + quantile(machineMs, 0.95));
  });
});

describe('500 documents, a third of whose events are lost or late', () => {
  const DOCUMENTS = 500;
  const FIRST_POLL_MS = 12_000;
  const BETWEEN_MS = 5_000;
  const LATE_MS = 10_000;
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
    const { ends, machineMs } = await parseAll({
      documents: DOCUMENTS,
      ranMs: [2_000, 20_000],
      betweenStartsMs: 120,
      polling,
      faults,
    });
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
