import { DEFAULT_ADDRESS, DEFAULT_NAMESPACE, DEFAULT_TASK_QUEUE, withoutBlanks, type Environment } from '../contract';
import {
  ConfigurationError,
  readTemporalConfiguration,
  readWorkerConfiguration,
  type WorkerConfiguration,
} from '../worker';
import { checkExtend } from './check-extend';
import {
  checkResultStore,
  checkSourceDirectory,
  checkVersions,
  installedVersions,
  type Manifest,
} from './check-machine';
import { checkTemporal } from './check-temporal';
import { EXIT_STATUS, type ExitStatus } from './exit-status';
import { describeFinding, type Finding } from './finding';
import { checkVariableNames } from './known-variables';
import { checkWebhooks } from './webhook/check-webhooks';

/** Options of `extend-parse doctor`. */
export interface DoctorArguments {
  /** `true`: the search attributes are checked too, which only starts with `searchAttributes: true` need. */
  readonly searchAttributes: boolean;
}

/** A check that takes longer than this is named on standard error, in milliseconds. */
const SLOW_MS = 2_000;
/** A request to Extend without one of these variables would take the key to another address, or past the proxy. */
const ADDRESS_VARIABLES = ['EXTEND_BASE_URL', 'HTTPS_PROXY'];

/**
 * `extend-parse doctor`: checks whether a worker with this environment would work, and whether one polls. It prints each
 * finding when it has it, with the remedy for what is wrong. It starts nothing, submits no document, and leaves no trace:
 * it writes a file into an existing result directory and removes it.
 *
 * @returns `failure` if anything is wrong.
 */
export async function doctorCommand(options: DoctorArguments, environment: Environment): Promise<ExitStatus> {
  const env = withoutBlanks(environment);
  const { configuration, problems } = readUsable(env);
  const manifest = require('../../package.json') as Manifest;
  let wrong = 0;
  const print = (findings: readonly Finding[]) => {
    for (const finding of findings) console.log(describeFinding(finding));
    wrong += findings.filter(({ state }) => state === 'wrong').length;
  };
  print([...problems, ...checkVariableNames(env), checkVersions(installedVersions(), manifest)]);
  print(await sayingIfSlow('Extend', checkAnswers(configuration, problems, env)));
  if (configuration !== undefined) {
    print([await checkResultStore(configuration), await checkSourceDirectory(configuration)]);
  }
  print(await sayingIfSlow('Temporal', checkConfiguredTemporal(env, options)));
  console.log(wrong === 0 ? 'all is well' : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong`);
  return wrong === 0 ? EXIT_STATUS.success : EXIT_STATUS.failure;
}

/** Waits for a check, and says so if it takes long. */
async function sayingIfSlow<T>(server: string, check: Promise<T>): Promise<T> {
  const timer = setTimeout(() => console.error(`waiting for an answer of ${server}, for 20 s at most …`), SLOW_MS);
  return check.finally(() => clearTimeout(timer));
}

/** The configuration without the variables that are wrong, so that the rest can be checked. Each wrong one is a finding. */
function readUsable(env: Readonly<Record<string, string>>): {
  readonly configuration: WorkerConfiguration | undefined;
  readonly problems: readonly Finding[];
} {
  try {
    return { configuration: readWorkerConfiguration(env), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map((says): Finding => {
      return {
        state: 'wrong',
        subject: 'configuration',
        says,
        remedy: 'Fix the variable; docs/configuration.md lists them all.',
      };
    });
    const wrong = error.problems.map((says) => /^[A-Z_]+/.exec(says)?.[0]);
    const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.includes(name)));
    const isLess = Object.keys(rest).length < Object.keys(env).length;
    return { configuration: isLess ? readUsable(rest).configuration : undefined, problems };
  }
}

/** Checks address, key and webhooks. A wrong address is not replaced by the default one: the key may be for another server. */
async function checkAnswers(
  configuration: WorkerConfiguration | undefined,
  problems: readonly Finding[],
  env: Environment,
): Promise<Finding[]> {
  const isAddressWrong = problems.some(({ says }) => ADDRESS_VARIABLES.some((name) => says.startsWith(name)));
  if (configuration === undefined || isAddressWrong) {
    return [{ state: 'skipped', subject: "Extend's key", says: 'not checked' }];
  }
  const extend = await checkExtend(configuration);
  const isRefused = extend.some(({ state }) => state === 'wrong');
  const notChecked: Finding = { state: 'skipped', subject: 'webhooks', says: 'not checked' };
  return [...extend, ...(isRefused ? [notChecked] : await checkWebhooks(configuration, env))];
}

/** Checks the configured server. A profile that cannot be read is among the problems of the configuration already. */
async function checkConfiguredTemporal(
  env: Readonly<Record<string, string>>,
  { searchAttributes }: DoctorArguments,
): Promise<Finding[]> {
  try {
    const { connectionOptions, namespace = DEFAULT_NAMESPACE } = readTemporalConfiguration(env);
    const { address = DEFAULT_ADDRESS } = connectionOptions;
    const taskQueue = env.EXTEND_PARSE_TASK_QUEUE ?? DEFAULT_TASK_QUEUE;
    const target = { connectionOptions: { ...connectionOptions, address }, namespace, taskQueue, searchAttributes };
    return await checkTemporal(target);
  } catch (error) {
    if (error instanceof ConfigurationError) return [{ state: 'skipped', subject: 'Temporal', says: 'not checked' }];
    throw error;
  }
}
