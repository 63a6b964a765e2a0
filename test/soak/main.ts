/**
 * `npm run soak`: runs a soak under seeded faults, then compares three ledgers. Exit status 1 means that a promise was
 * broken.
 */
import { join, resolve } from 'node:path';
import { findTemporalServer } from '../../local/temporal';
import { compareLedgers } from './compare-ledgers';
import { planSoak } from './plan';
import { readArguments, repeatCommand, USAGE, UsageError, type SoakArguments } from './read-arguments';
import { runSoak, type SoakProgress } from './soak';
import { renderSummary, summarize } from './summarize';

const STATUS = { kept: 0, broken: 1, wrongUsage: 2, interrupted: 130 };
/** Breaches that are printed one by one. The table counts all of them. */
const MAX_BREACHES_PRINTED = 50;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

void main().then((status) => process.exit(status));

async function main(): Promise<number> {
  try {
    const given = readArguments(process.argv.slice(2));
    if (given !== undefined) return await soak(given);
    say(USAGE);
    return STATUS.kept;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    process.stderr.write(isUsage ? `${error.message}\n\n${USAGE}\n` : `${String((error as Error).stack ?? error)}\n`);
    return isUsage ? STATUS.wrongUsage : STATUS.broken;
  }
}

async function soak(given: SoakArguments): Promise<number> {
  const stop = new AbortController();
  process.on('SIGINT', () => stop.abort()).on('SIGTERM', () => stop.abort());
  const root = process.cwd();
  const logDirectory = join(root, '.cache', 'soak', given.seed);
  const plan = planSoak(given);
  say(`seed ${given.seed}; to repeat: ${repeatCommand(given)}`);
  say(`${given.documents} documents, ${plan.interruptions.length} interruptions; workers' logs in ${logDirectory}`);
  const outcome = await runSoak({
    plan,
    executable: await findTemporalServer({ kind: 'dev-server', signal: stop.signal, onDownload: say }),
    command: resolve(root, 'dist', 'cli', 'main.js'),
    logDirectory,
    apiVersion: given.apiVersion,
    limitMs: given.limitMs,
    onProgress: (progress) => say(describe(progress)),
    signal: stop.signal,
  });
  if (stop.signal.aborted) return STATUS.interrupted;
  const breaches = compareLedgers(outcome.ledgers);
  say(`${describe(outcome)}\n\n${renderSummary(summarize(outcome.ledgers, breaches))}\n`);
  for (const { document, kind, what } of breaches.slice(0, MAX_BREACHES_PRINTED)) {
    say(`${kind}${document === undefined ? '' : `, document ${document} (workflow soak-${document})`}: ${what}`);
  }
  say(breaches.length === 0 ? 'every promise was kept' : `${breaches.length} promises were broken`);
  say(`seed ${given.seed}; to repeat: ${repeatCommand(given)}`);
  return breaches.length === 0 ? STATUS.kept : STATUS.broken;
}

function describe(progress: SoakProgress): string {
  const { elapsedMs, started, ended, runsBilled, interruptions, workersOwnEnds } = progress;
  return [
    `${Math.round(elapsedMs / 1000)} s: ${started} started, ${ended} ended, ${runsBilled} runs billed`,
    `${interruptions.kill} kills, ${interruptions.restart} server restarts, ${interruptions.outage} outages`,
    ...(workersOwnEnds > 0 ? [`${workersOwnEnds} workers ended by themselves`] : []),
  ].join('; ');
}
