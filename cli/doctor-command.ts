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
import { checkWebhooks } from './webhook/check-webhooks';

/**
 * `extend-parse doctor`: checks whether a worker with this environment would work, and whether one polls. It prints each
 * finding, with the remedy for what is wrong. It starts nothing, submits no document and changes nothing, except that it
 * writes a file into the result directory and removes it.
 *
 * @returns `failure` if anything is wrong.
 */
export async function doctorCommand(environment: Environment): Promise<ExitStatus> {
  const env = withoutBlanks(environment);
  const { configuration, problems } = readUsable(env);
  const manifest = require('../../package.json') as Manifest;
  const findings = [
    ...problems,
    checkVersions(installedVersions(), manifest),
    ...(await checkParts(configuration, env)),
    ...(await checkConfiguredTemporal(env)),
  ];
  for (const finding of findings) console.log(describeFinding(finding));
  const wrong = findings.filter(({ state }) => state === 'wrong').length;
  console.log(wrong === 0 ? 'all is well' : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong`);
  return wrong === 0 ? EXIT_STATUS.success : EXIT_STATUS.failure;
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

async function checkParts(configuration: WorkerConfiguration | undefined, env: Environment): Promise<Finding[]> {
  if (configuration === undefined) return [{ state: 'skipped', subject: "Extend's key", says: 'not checked' }];
  const extend = await checkExtend(configuration);
  const isRefused = extend.some(({ state }) => state === 'wrong');
  const notChecked: Finding = { state: 'skipped', subject: 'webhooks', says: 'not checked' };
  return [
    ...extend,
    ...(isRefused ? [notChecked] : await checkWebhooks(configuration, env)),
    await checkResultStore(configuration),
    await checkSourceDirectory(configuration),
  ];
}

/** Checks the configured server. A profile that cannot be read is among the problems of the configuration already. */
async function checkConfiguredTemporal(env: Readonly<Record<string, string>>): Promise<Finding[]> {
  try {
    const { connectionOptions, namespace = DEFAULT_NAMESPACE } = readTemporalConfiguration(env);
    const { address = DEFAULT_ADDRESS } = connectionOptions;
    const taskQueue = env.EXTEND_PARSE_TASK_QUEUE ?? DEFAULT_TASK_QUEUE;
    return await checkTemporal({ connectionOptions: { ...connectionOptions, address }, namespace, taskQueue });
  } catch (error) {
    if (error instanceof ConfigurationError) return [{ state: 'skipped', subject: 'Temporal', says: 'not checked' }];
    throw error;
  }
}
