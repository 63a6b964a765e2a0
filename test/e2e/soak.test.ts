import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { compareLedgers } from '../soak/compare-ledgers';
import { planSoak } from '../soak/plan';
import { runSoak } from '../soak/soak';
import { devServerExecutable } from '../support/servers';

const COMMAND = resolve(__dirname, '../../dist/cli/main.js');
const KILLS = 4;

// Each soak has processes of its own, and waits most of the time.
it.concurrent.each([
  ['2025-04-21', {}],
  // Two fifths of the submits and answers are lost, runs are listed late, and others create runs that resemble them.
  ['2026-02-09', { losses: 'many', maxListLagMs: 30_000, foreignRuns: 12 }],
] as const)(
  'sixty documents of both modes, with version %s of the API, survive killed workers and restarts of the server, each with one end',
  async (apiVersion, lists) => {
    const logDirectory = mkdtempSync(join(tmpdir(), 'soak-'));
    const plan = planSoak({ seed: 'heavy', documents: 60, mode: 'both', engine: 'both', kills: KILLS, ...lists });
    const outcome = await runSoak({
      plan,
      executable: devServerExecutable(),
      command: COMMAND,
      logDirectory,
      apiVersion,
      limitMs: 12 * 60_000,
    });
    expect(compareLedgers(outcome.ledgers)).toEqual([]);
    const versions = outcome.ledgers.documents.flatMap(({ runVersions }) => runVersions);
    expect(new Set(versions)).toEqual(new Set([apiVersion]));
    expect(outcome).toMatchObject({ started: 60, ended: 60, interruptions: { kill: KILLS, restart: 2, outage: 1 } });
    rmSync(logDirectory, { recursive: true });
  },
);
