import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { compareLedgers } from './compare-ledgers';
import { planSoak } from './plan';
import { runSoak } from './soak';
import { devServerExecutable } from '../support/servers';

const COMMAND = resolve(__dirname, '../../dist/cli/main.js');

it('twelve documents under faults that resolve quickly end exactly as planned', async () => {
  const logDirectory = mkdtempSync(join(tmpdir(), 'soak-'));
  const plan = planSoak({
    seed: 'short-22',
    documents: 12,
    mode: 'both',
    engine: 'both',
    patience: 'quick',
    ...{ kills: 0, restarts: 0, outages: 0 },
  });
  const outcome = await runSoak({
    plan,
    executable: devServerExecutable(),
    command: COMMAND,
    logDirectory,
    apiVersion: 'both',
    limitMs: 240_000,
  });
  const { documents } = outcome.ledgers;
  expect(compareLedgers(outcome.ledgers)).toEqual([]);
  const ends = documents.map(({ reported }) => (reported?.kind === 'failure' ? reported.type : reported?.kind));
  // Chance decides which worker submits, and a worker with version 2026-02-09 finds the run of a lost answer.
  for (const [at, { end, endIfAdopted }] of plan.documents.entries()) {
    expect([end, endIfAdopted].map((one) => (one.kind === 'failure' ? one.type : one.kind))).toContain(ends[at]);
  }
  // One worker submits in each version of the API.
  expect(new Set(documents.flatMap(({ runVersions }) => runVersions)).size).toBe(2);
  expect(outcome).toMatchObject({ started: 12, ended: 12, workersOwnEnds: 0 });
  rmSync(logDirectory, { recursive: true });
}, 300_000);
