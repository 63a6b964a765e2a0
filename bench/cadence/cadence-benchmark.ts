import type { Benchmark, Plot, Table } from '../report/benchmark';
import { DEFAULT_CADENCE, EXPONENTIAL_CADENCE, hintedCadence, OTHER_CADENCES, type Cadence } from './cadences';
import { cadenceClaims, playMix, playScales, type Named } from './claims';
import { about, HINT_SIGMA, logNormal, simulate } from './simulate';

const DURATIONS_SECONDS = [3, 10, 30, 60, 120, 300, 900, 3600];
/** Extend's plans, with the least rates that they promise. */
const PLANS = [
  { name: 'pay as you go', requestsPerSecond: 10, filesPerMinute: 80 },
  { name: 'Scale', requestsPerSecond: 25, filesPerMinute: 120 },
  { name: 'Enterprise', requestsPerSecond: 75, filesPerMinute: 300 },
];
const SAMPLES = 30_000;
/** Each document also costs a submit and a fetch. */
const REQUESTS_BESIDE_POLLS = 2;

/** Compares the polls and delays of cadences by a virtual clock, without servers. The figures are the same each time. */
export const cadenceBenchmark: Benchmark = {
  name: 'cadence',
  run: async () => {
    const mix = playMix(SAMPLES);
    return {
      tables: [mixTable(mix), durationsTable(SAMPLES / 10), demandTable(mix)],
      claims: cadenceClaims(mix),
      plots: [frontierPlot(mix, playScales(SAMPLES))],
    };
  },
};

function mixTable(mix: readonly Named[]): Table {
  return {
    title: 'Cadence: the mix of log-normal durations (medians 4, 20 and 120 s, σ 0.8)',
    columns: ['cadence', 'polls', 'mean delay, s', 'p95 delay, s'],
    rows: mix.map(({ name, polls, meanDelaySeconds, p95DelaySeconds }) => [
      name,
      polls.toFixed(1),
      meanDelaySeconds.toFixed(1),
      p95DelaySeconds.toFixed(1),
    ]),
  };
}

function durationsTable(samples: number): Table {
  const choosers = [
    ...[DEFAULT_CADENCE, EXPONENTIAL_CADENCE, ...OTHER_CADENCES].map((cadence) => ({
      name: cadence.name,
      choose: (): Cadence => cadence,
    })),
    {
      name: hintedCadence(0).name,
      choose: (ms: number, random: () => number) => hintedCadence(ms * logNormal(HINT_SIGMA, random)),
    },
  ];
  return {
    title: 'Cadence: polls / mean delay / p95 delay (s) by duration, ± 15 %',
    columns: ['cadence', ...DURATIONS_SECONDS.map((seconds) => `${seconds} s`)],
    rows: choosers.map(({ name, choose }) => [
      name,
      ...DURATIONS_SECONDS.map((seconds) => {
        const outcome = simulate(choose, about(seconds * 1000), samples);
        return [outcome.polls, outcome.meanDelaySeconds, outcome.p95DelaySeconds]
          .map((value) => value.toFixed(1))
          .join(' / ');
      }),
    ]),
  };
}

function demandTable(mix: readonly Named[]): Table {
  return {
    title: "Cadence: requests per second for the mix at each plan's own throughput, and their share of its limit",
    columns: [
      'cadence',
      ...PLANS.map((plan) => `${plan.name}: ${plan.filesPerMinute} files/min, ${plan.requestsPerSecond} requests/s`),
    ],
    rows: mix.map(({ name, polls }) => [
      name,
      ...PLANS.map(({ requestsPerSecond, filesPerMinute }) => {
        const demand = ((polls + REQUESTS_BESIDE_POLLS) * filesPerMinute) / 60;
        return `${demand.toFixed(1)} (${Math.round((100 * demand) / requestsPerSecond)} %)`;
      }),
    ]),
  };
}

function frontierPlot(mix: readonly Named[], scales: ReturnType<typeof playScales>): Plot {
  const x = {
    field: 'polls',
    type: 'quantitative',
    title: 'polls per document',
    scale: { type: 'log', nice: false, padding: 30 },
  } as const;
  const y = {
    field: 'meanDelaySeconds',
    type: 'quantitative',
    title: 'mean detection delay, s',
    scale: { type: 'log', nice: false, padding: 30 },
  } as const;
  const color = {
    field: 'whose',
    type: 'nominal',
    title: null,
    scale: { domain: ['this package', 'others'], range: ['#0b6e4f', '#b5651d'] },
  } as const;
  const values = mix.map((one) => ({ ...one, whose: one.ours ? 'this package' : 'others' }));
  const label = (mark: { type: 'text'; align: 'left' | 'right'; dx: number; dy: number }, ours: boolean) => ({
    data: { values: values.filter((one) => one.ours === ours) },
    mark,
    encoding: { x, y, color, text: { field: 'name' } },
  });
  return {
    name: 'cadence',
    spec: {
      title: {
        text: 'Polls and delay on a mix of durations: lower left is better',
        subtitle: 'Dashed: the default with scaleMs from 250 (right) to 3000 (left)',
      },
      width: 620,
      height: 400,
      layer: [
        {
          data: { values: scales.map((one) => ({ ...one, whose: 'this package' })) },
          mark: { type: 'line', strokeDash: [4, 3], opacity: 0.6 },
          encoding: { x, y, color },
        },
        {
          data: { values: scales.map((one) => ({ ...one, whose: 'this package', label: `scaleMs ${one.scaleMs}` })) },
          mark: { type: 'point', size: 20, opacity: 0.6 },
          encoding: { x, y, color },
        },
        { data: { values }, mark: { type: 'point', filled: true, size: 90 }, encoding: { x, y, color } },
        // The labels are on both sides of their points, so that neighbours do not cover each other.
        label({ type: 'text', align: 'right', dx: -8, dy: 8 }, true),
        label({ type: 'text', align: 'left', dx: 8, dy: -6 }, false),
      ],
    },
  };
}
