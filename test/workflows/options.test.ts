import { describe, expect, it } from '@jest/globals';
import type { DocumentInput, PollingOptions } from '../../contract';
import { seenEndedAtMs, historyOf, timersOf, type HistoryEvent, type Timer } from './history';
import { Scene } from './scene';

/** The test server rounds times. The sum of all waits may differ by this much, in milliseconds. */
const SLACK_MS = 1_500;

describe('Polling options', () => {
  const scene = new Scene({ scripts: { five: { processingReads: 4 }, eight: { processingReads: 7 } } });

  async function historyWith(script: string, polling: PollingOptions): Promise<HistoryEvent[]> {
    const { fileUrl, workflowId } = scene.document(script);
    await scene.client.execute({ file: { fileUrl }, polling }, { workflowId });
    return historyOf(scene.temporal, workflowId);
  }

  const isFirst = ({ summary }: Timer) => summary === 'until poll 1';
  const firstDelayOf = (events: HistoryEvent[]) => timersOf(events).find(isFirst)?.ms;
  const laterDelaysOf = (events: HistoryEvent[]) =>
    timersOf(events)
      .filter((timer) => !isFirst(timer))
      .map(({ ms }) => ms);

  it('by default: the first poll follows after 2 s, then each delay is the square root of the elapsed seconds, up to 30 s', async () => {
    const events = await historyWith('eight', { jitter: 0 });
    expect(firstDelayOf(events)).toBeGreaterThan(1_900);
    expect(firstDelayOf(events)).toBeLessThanOrEqual(2_000);
    expectRootDelays(events, 1_000);
  });

  it('scaleMs scales the delays', async () => {
    expectRootDelays(await historyWith('five', { jitter: 0, scaleMs: 4_000 }), 4_000);
  });

  it('expectedDurationMs moves the first poll to 0.4 of it, and shortens the later delays', async () => {
    const events = await historyWith('five', { jitter: 0, expectedDurationMs: 100_000 });
    expect(firstDelayOf(events)).toBeGreaterThan(39_900);
    expect(firstDelayOf(events)).toBeLessThanOrEqual(40_000);
    expectRootDelays(events, 680);
  });

  it('maxDelayMs caps the delays', async () => {
    const events = await historyWith('five', { jitter: 0, scaleMs: 60_000, maxDelayMs: 7_000 });
    expect(laterDelaysOf(events)).toEqual([7_000, 7_000, 7_000, 7_000]);
  });

  it('backoff, initialDelayMs and factor: each delay is the previous delay times the factor', async () => {
    const events = await historyWith('eight', {
      jitter: 0,
      backoff: 'exponential',
      initialDelayMs: 3_000,
      factor: 2,
      maxDelayMs: 100_000,
    });
    expect(firstDelayOf(events)).toBeGreaterThan(2_900);
    expect(laterDelaysOf(events)).toEqual([6_000, 12_000, 24_000, 48_000, 96_000, 100_000, 100_000]);
  });

  it('exponential by default: 2 s, times 1.5', async () => {
    const events = await historyWith('five', { jitter: 0, backoff: 'exponential' });
    expect(laterDelaysOf(events)).toEqual([3_000, 4_500, 6_750, 10_125]);
  });

  it('a first delay of 0 causes no tight loop', async () => {
    const timers = timersOf(await historyWith('five', { jitter: 0, backoff: 'exponential', initialDelayMs: 0 }));
    expect(timers.map(({ ms }) => ms)).toEqual([500, 750, 1_125, 1_688]);
  });

  it('jitter spreads the delays by its share, a tenth by default', async () => {
    const even: PollingOptions = { backoff: 'exponential', initialDelayMs: 10_000, factor: 1, maxDelayMs: 100_000 };
    const delays = async (polling: PollingOptions) =>
      laterDelaysOf(await historyWith('eight', { ...even, ...polling }));
    const usual = await delays({});
    expect(new Set(usual).size).toBeGreaterThan(1);
    for (const ms of usual) expect(Math.abs(ms - 10_000)).toBeLessThanOrEqual(1_000);
    const wide = await delays({ jitter: 0.9 });
    expect(Math.max(...wide.map((ms) => Math.abs(ms - 10_000)))).toBeGreaterThan(1_000);
    expect(await delays({ jitter: 0 })).toEqual(Array.from({ length: 7 }, () => 10_000));
  });

  it.each([
    [{ backoff: 'exponential', initialDelayMs: 3_000, factor: 2, maxDelayMs: 100_000 }, 3 + 6 + 12 + 24 + 48],
    [{ backoff: 'exponential', initialDelayMs: 3_000, factor: 2, maxDelayMs: 5_000 }, 3 + 5 + 5 + 5 + 5],
    [{ initialDelayMs: 100_000, maxDelayMs: 2_000, scaleMs: 9_000 }, 100 + 2 + 2 + 2 + 2],
    [{ expectedDurationMs: 250_000, maxDelayMs: 1_000 }, 100 + 1 + 1 + 1 + 1],
  ] as const)('engine: the retry engine waits by the same schedule, without timers: %o', async (polling, seconds) => {
    const { fileUrl, workflowId } = scene.document('five');
    const input: DocumentInput = { file: { fileUrl }, polling: { ...polling, engine: 'retry', jitter: 0 } };
    const startedAtMs = performance.now();
    const { waitedMs, polls } = await scene.client.execute(input, { workflowId });
    // The server skips only the waits; all other steps take real time.
    const realMs = performance.now() - startedAtMs;
    expect(polls).toBe(5);
    expect(waitedMs).toBeGreaterThan(seconds * 1_000 - SLACK_MS);
    expect(waitedMs).toBeLessThan(seconds * 1_000 + realMs + SLACK_MS);
    const events = await historyOf(scene.temporal, workflowId);
    expect(timersOf(events)).toEqual([]);
    expect(events).toHaveLength(17);
  });

  /** Expects every timer but the last to be as long as the schedule says for the time since Extend accepted the submit. */
  function expectRootDelays(events: HistoryEvent[], scaleMs: number): void {
    const acceptedAtMs = seenEndedAtMs(events, 'submitParse');
    const timers = timersOf(events).filter((timer) => !isFirst(timer));
    expect(timers.length).toBeGreaterThan(3);
    for (const { ms, startedAtMs } of timers) {
      const elapsedS = (startedAtMs - acceptedAtMs) / 1_000;
      const wantedMs = Math.min(Math.max(scaleMs * Math.sqrt(elapsedS), 500), 30_000);
      expect(Math.abs(ms - wantedMs)).toBeLessThanOrEqual(2);
    }
  }
});

describe('Options of the document', () => {
  const scene = new Scene();

  const submittedBody = (fileUrl: string) =>
    scene.emulator.requests.find((request) => request.operation === 'submit' && scene.isAbout({ fileUrl }, request));

  it('config goes to Extend unchanged, whatever it contains', async () => {
    const { fileUrl } = scene.document('ok');
    const config = {
      target: 'markdown',
      chunkingStrategy: { type: 'section', options: { minCharacters: 10, maxCharacters: 9_000 } },
      blockOptions: { figures: { enabled: false }, tables: { targetFormat: 'html' } },
      advancedOptions: { pageRanges: [{ start: 1, end: 2 }], returnOcr: { words: true } },
      notYetInvented: { 'ключ "quoted"': [1.5, null, 'ü\u2028'] },
    };
    // The emulator refuses the option that is not invented yet, as Extend does.
    await expect(scene.client.execute({ file: { fileUrl }, config })).rejects.toMatchObject({
      type: 'RequestRejected',
    });
    expect(JSON.stringify(submittedBody(fileUrl)?.bodyJson)).toBe(JSON.stringify({ file: { fileUrl }, config }));
  });

  it('fileName goes to Extend, and no member that the input lacks', async () => {
    const named = scene.document('ok').fileUrl;
    await scene.client.execute({ file: { fileUrl: named, fileName: 'Räksmörgås 1.pdf' } });
    expect(submittedBody(named)?.bodyJson).toEqual({ file: { fileUrl: named, fileName: 'Räksmörgås 1.pdf' } });
    const bare = scene.document('ok').fileUrl;
    await scene.client.execute({ file: { fileUrl: bare }, deadlineMs: 60_000, maxSubmits: 2, deleteRun: 'never' });
    expect(submittedBody(bare)?.bodyJson).toEqual({ file: { fileUrl: bare } });
  });
});
