#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { apiVersionOption, withApiVersion, type VersionOption } from './api-version-option';
import { checkBatch, type GivenBatch, parseCount, parseWidth } from './batch/batch-arguments';
import { errorMessage } from '../json';
import type { DevArguments } from './dev-command';
import type { DoctorArguments } from './doctor-command';
import type { EmulatorArguments } from './emulator-command';
import { endWithShell, isStartedByNpm } from './end-with-shell';
import { CommandError, EXIT_STATUS, type ExitStatus } from './exit-status';
import { checkArguments, type GivenArguments } from './parse-arguments';
import { describeMissingPackage } from './missing-package';
import { parseListenAddress } from './parse-listen-address';
import { parseDuration } from './parse-duration';
import { parsePort } from './parse-port';
import { flush, printForMachine, surviveClosedOutput } from './standard-streams';
import { toLabel, toSafeLabel } from './to-label';
import { addWebhook } from './webhook/add-webhook';
import type { WorkerArguments } from './worker-command';

const FORCE = 'replace files in --out that this command did not write; documents are never replaced';

void main();

async function main(): Promise<void> {
  surviveClosedOutput();
  if (isStartedByNpm(process.env)) endWithShell();
  const status = await run(process.argv);
  // All services are closed. The process waits for its output, and not for a handle that a connection may still hold open.
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(status);
}

async function run(argv: readonly string[]): Promise<ExitStatus> {
  let status: ExitStatus = EXIT_STATUS.success;
  try {
    await createProgram((ended) => (status = ended)).parseAsync(argv);
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellError(error);
    // commander has already printed the error for a person.
    if (error.exitCode === 0) return EXIT_STATUS.success;
    if (asksForJson(argv)) await printError(hideValues(error.message.replace(/^error: /, '')));
    return EXIT_STATUS.wrongUsage;
  }
}

/** Prints an error that ends the command, for a person. */
function tellError(error: unknown): ExitStatus {
  const lines = describeError(error).split('\n');
  process.stderr.write(lines.map((line) => `extend-parse: ${toLabel(line)}\n`).join(''));
  if (error instanceof CommandError) return error.exitStatus;
  if (process.env['DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return EXIT_STATUS.failure;
}

function describeError(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  return describeMissingPackage(error) ?? `unexpected error: ${toSafeLabel(errorMessage(error))}`;
}

/** Prints the summary of a command that was refused or ended by an error. */
async function printError(message: string): Promise<void> {
  await printForMachine({ documents: [], error: toLabel(message) });
}

/** Tells whether arguments that commander refused are those of a command with `--json`. */
function asksForJson([, , command = '', ...rest]: readonly string[]): boolean {
  const end = rest.indexOf('--');
  return ['parse', 'batch'].includes(command) && (end < 0 ? rest : rest.slice(0, end)).includes('--json');
}

/** Hides the value of an unknown option, which may be a key: commander repeats it in its message. */
function hideValues(text: string): string {
  return toSafeLabel(text.replace(/(unknown option '[^'=]*=)[^]*'/, "$1***'"));
}

/** The program loads the code of a command after it has checked the arguments, so that help and errors appear at once. */
function createProgram(end: (status: ExitStatus) => void): Command {
  const { version } = require('../../package.json') as { version: string };
  const program = new Command('extend-parse')
    .description('Parse documents with Extend, durably, on Temporal.')
    .version(version)
    .showHelpAfterError('(--help shows what there is)')
    .configureOutput({ outputError: (text, write) => write(hideValues(text)) })
    .exitOverride();
  program
    .command('parse')
    .description('parse documents; without one, a sample. Starts a local Temporal or Extend where none is configured.')
    .argument('[documents...]', 'files and http(s) URLs')
    .option('--out <directory>', 'where <name>.md and <name>.json are written', 'parsed')
    .option('--config <file>', "JSON file with Extend's parse configuration")
    .addOption(new Option('--chunking <type>', 'type of the chunks').choices(['page', 'section', 'document']))
    .option('--deadline <duration>', 'deadline of each document, as in 90s, 30m or 2h (default: 24h)', parseDuration)
    .option('--force', FORCE, false)
    .option('--json', 'print a summary for machines on standard output', false)
    .addOption(apiVersionOption())
    .action(async (inputs: string[], { apiVersion, ...options }: Omit<GivenArguments, 'inputs'> & VersionOption) => {
      await printingErrors(options, async () => {
        const given = await checkArguments({ inputs, ...options });
        const { parseCommand } = await import('./parse-command.js');
        end(await parseCommand(given, withApiVersion(process.env, apiVersion)));
      });
    });
  addBatch(program, end);
  addServices(program, end);
  addWebhook(program, end);
  addLocalServices(program, end);
  return program;
}

/** Runs a command. With `json`, an error that ends it is also printed as JSON: standard output always holds JSON. */
async function printingErrors({ json }: { readonly json: boolean }, command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (json) await printError(describeError(error));
    throw error;
  }
}

/** Adds `batch`, which parses many documents as one piece of work. */
function addBatch(program: Command, end: (status: ExitStatus) => void): void {
  program
    .command('batch')
    .description(
      'parse many documents as one batch; given again, it continues the batch. Runs a worker for this call on a task queue ' +
        'of its own: on a configured server the documents wait while the command does not run, except with --task-queue.',
    )
    .argument('<documents...>', 'files, folders and http(s) URLs, or a manifest (.jsonl)')
    .option('--task-queue <name>', 'use the running workers of this task queue instead of a worker of this call')
    .option('--key <key>', 'name of the batch: the same key continues the same batch (default: from the arguments)')
    .option('--out <directory>', 'where <name>.md, <name>.json and outcomes.jsonl are written', 'parsed')
    .option('--bulk', "submit up to 1,000 documents in one request; needs version 2026-02-09 of Extend's API", false)
    .option('--width <count>', 'documents in flight at a time (default: 50, or 2000 with --bulk)', parseWidth)
    .option('--stop-after <count>', 'start no further document after <count> documents have failed', parseCount)
    .option('--retry-failed', 'parse the documents that failed before once more', false)
    .option('--force', FORCE, false)
    .option('--json', 'print a summary for machines on standard output', false)
    .addOption(apiVersionOption())
    .action(async (inputs: string[], { apiVersion, ...options }: Omit<GivenBatch, 'inputs'> & VersionOption) => {
      await printingErrors(options, async () => {
        const given = await checkBatch({ inputs, ...options });
        const { batchCommand } = await import('./batch/batch-command.js');
        end(await batchCommand(given, withApiVersion(process.env, apiVersion)));
      });
    });
}

/** Adds the worker, and the check of its environment. */
function addServices(program: Command, end: (status: ExitStatus) => void): void {
  program
    .command('worker')
    .description('run a worker, configured by EXTEND_… and TEMPORAL_… variables')
    .option(
      '--health <address>',
      'answer 200 here while the worker polls, 503 before and while it ends; a port on 127.0.0.1, or 0.0.0.0:<port>',
      parseListenAddress,
    )
    .addOption(apiVersionOption())
    .action(async ({ apiVersion, ...options }: WorkerArguments & VersionOption) => {
      const { workerCommand } = await import('./worker-command.js');
      end(await workerCommand(options, withApiVersion(process.env, apiVersion)));
    });
  program
    .command('doctor')
    .description('check key, Temporal, workers, directories and versions, and say how to fix what is wrong')
    .option('--search-attributes', 'also check the search attributes that searchAttributes: true needs', false)
    .addOption(apiVersionOption())
    .action(async ({ apiVersion, ...options }: DoctorArguments & VersionOption) => {
      const { doctorCommand } = await import('./doctor-command.js');
      end(await doctorCommand(options, withApiVersion(process.env, apiVersion)));
    });
}

/** Adds the local services for development. */
function addLocalServices(program: Command, end: (status: ExitStatus) => void): void {
  program
    .command('dev')
    .description(
      'run a Temporal dev server, a local Extend API and a worker in one process, and print the variables for your programs',
    )
    .option('--port <port>', 'port of the local Extend API on 127.0.0.1; 0 takes a free one', parsePort, 0)
    .addOption(apiVersionOption())
    .action(async ({ apiVersion, ...options }: DevArguments & VersionOption) => {
      const { devCommand } = await import('./dev-command.js');
      end(await devCommand(options, withApiVersion(process.env, apiVersion)));
    });
  program
    .command('emulator')
    .description(
      'run a local Extend API for development and tests: EXTEND_BASE_URL is the address that it prints, EXTEND_API_KEY is any',
    )
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', parsePort, 0)
    .option('--api-key <key...>', 'keys to accept; each sees its own runs only (default: any key)')
    .option('--requests-per-second <count>', 'answer further requests with 429', parseCount)
    .option('--runs-per-minute <count>', 'answer further submits with 429', parseCount)
    .action(async (options: EmulatorArguments) => {
      const { emulatorCommand } = await import('./emulator-command.js');
      end(await emulatorCommand(options));
    });
}
