import { readFile } from 'node:fs/promises';
import type { Environment } from '../contract';
import { toPlainText } from '../privacy';
import type { DocumentReport, Summary } from './document-report';
import { EXIT_STATUS, type ExitStatus, interruptedError } from './exit-status';
import { listenForInterruption, untilAborted } from './interruption';
import { OutputDirectory } from './output-directory';
import { toOutputNames } from './output-names';
import { type Cancelled, ParseCall } from './parse-call';
import { startParseServices, type ParseServices } from './parse-services';
import type { ParseArguments } from './parse-arguments';
import { type CallSettings, readCallSettings } from './call-settings';
import { createProgressDisplay, type ProgressDisplay } from './progress-display';
import { printForMachine } from './standard-streams';
import { toFileNames } from './write-outputs';

/**
 * `extend-parse parse`: parses documents and writes their markdown and results.
 *
 * With `json`, standard output holds the summary and nothing else, and lines for people go to standard error.
 *
 * @throws CommandError for wrong usage, before anything is started, and if there is no Temporal server.
 */
export async function parseCommand(given: ParseArguments, env: Environment): Promise<ExitStatus> {
  const settings = readCallSettings(given, env);
  const output = await openOutput(settings);
  const interruption = listenForInterruption();
  const display = await createProgressDisplay(settings.json ? process.stderr : process.stdout);
  try {
    await quietRuntime();
    return await parseAll(settings, { display, output, signal: interruption.signal });
  } catch (error) {
    throw interruption.signal.aborted ? interruptedError(error) : error;
  } finally {
    display.close();
    interruption.dispose();
  }
}

/** Lines of the sample's markdown that the command shows. */
const SHOWN_LINES = 16;
/** Longest part of a line that is shown, in characters: a row of a large table has more. */
const SHOWN_CHARACTERS = 200;
/** Largest number of documents whose first lines are shown. */
const SHOWN_DOCUMENTS = 3;

interface CommandContext {
  readonly display: ProgressDisplay;
  readonly output: OutputDirectory;
  readonly signal: AbortSignal;
}

/** Checks that all results can be written, before any document is submitted. */
async function openOutput({ documents, out, force }: CallSettings): Promise<OutputDirectory> {
  const paths = documents.flatMap(({ location }) => ('path' in location ? [location.path] : []));
  const output = await OutputDirectory.open({ path: out, documents: paths, force });
  const names = toOutputNames(documents.map(({ input }) => input));
  await output.check(names.flatMap((name) => Object.values(toFileNames(name))));
  return output;
}

async function parseAll(settings: CallSettings, { display, output, signal }: CommandContext): Promise<ExitStatus> {
  const say = (line: string) => display.say(line);
  if (settings.isSample) say(`no document given, so this is the sample: ${settings.documents[0]?.input}`);
  const services = await startParseServices({ settings, signal, say });
  try {
    for (const { problem } of settings.refused) say(problem);
    const { documents, options } = settings;
    const call = new ParseCall({ documents, options, output, services, display });
    const outcomes = await Promise.race([call.finish(), services.broken, untilAborted(signal)]);
    if (signal.aborted || outcomes === undefined) {
      display.close();
      say('interrupted; cancelling the documents in flight (interrupt again to exit at once)');
      tellCancelled(await call.cancel(), say);
      if (settings.json) await printForMachine(summaryOf(call.reports, settings, services));
      return EXIT_STATUS.interrupted;
    }
    return await tell(outcomes, { settings, services, say });
  } finally {
    await services.close();
  }
}

function tellCancelled(cancelled: readonly Cancelled[], say: (line: string) => void): void {
  for (const { label, workflowId, runId } of cancelled) {
    say(`${label}: cancelled, workflow ${workflowId}, ${runId === undefined ? 'no run id known' : `run ${runId}`}`);
  }
}

/** Prints the outcomes. A summary that cannot be written is a failure; a lost line for a person is not. */
async function tell(
  outcomes: readonly DocumentReport[],
  { settings, services, say }: { settings: CallSettings; services: ParseServices; say: (line: string) => void },
): Promise<ExitStatus> {
  const summary = summaryOf(outcomes, settings, services);
  const failed = summary.documents.filter(({ status }) => status === 'failed').length;
  const count = summary.documents.length;
  if (count > 1) say(`${count - failed} of ${count} documents parsed${failed > 0 ? `, ${failed} failed` : ''}`);
  const isFirstLook = settings.isSample || (services.local.extend && count <= SHOWN_DOCUMENTS);
  if (isFirstLook && !settings.json) for (const { markdown } of outcomes) await showBeginning(markdown, say);
  const lost = settings.json ? await printForMachine(summary) : undefined;
  if (lost !== undefined) say(`the summary could not be written: ${lost}`);
  return failed > 0 || lost !== undefined ? EXIT_STATUS.failure : EXIT_STATUS.success;
}

/** Shows the first lines of a document's markdown, so that a newcomer sees the result at once. */
async function showBeginning(path: string | undefined, say: (line: string) => void): Promise<void> {
  if (path === undefined) return;
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, SHOWN_LINES);
  say(`the first lines of ${path}:`);
  for (const line of lines) say(`  ${toPlainText(line).slice(0, SHOWN_CHARACTERS)}`.trimEnd());
}

/** The summary of the documents that have ended, and of the arguments that cannot be documents. */
function summaryOf(outcomes: readonly DocumentReport[], { refused }: CallSettings, { local }: ParseServices): Summary {
  const documents = [...outcomes];
  for (const { position, shown, problem } of refused) {
    const failure = { type: 'InputNotReadable', message: problem, details: {} };
    documents.splice(position, 0, { input: shown, status: 'failed', failure });
  }
  return { documents, local };
}

/** The SDK's log line for a worker that failed. The command reports such a worker itself, and only if it was not ending it. */
const WORKER_FAILED = 'Worker failed';

/** Silences the SDK's log, and keeps the SDK from ending the worker on Ctrl-C before the workflows are cancelled. */
export async function quietRuntime(): Promise<void> {
  const { DefaultLogger, makeTelemetryFilterString, Runtime } = await import('@temporalio/worker');
  const errors = new DefaultLogger('ERROR');
  Runtime.install({
    logger: new DefaultLogger('ERROR', (entry) => {
      if (entry.message !== WORKER_FAILED) errors.log(entry.level, entry.message, entry.meta);
    }),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} },
    },
  });
}
