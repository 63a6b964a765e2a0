import { readFile } from 'node:fs/promises';
import { withoutBlanks, type Environment } from '../../contract';
import { usageError } from '../exit-status';

const NAMES = 'EXTEND_WEBHOOK_SECRETS or EXTEND_WEBHOOK_SECRETS_FILE';

/**
 * Reads the signing secrets of the environment. The file is read again for each delivery, so that a new secret needs no
 * restart. The message of an error never has a secret.
 *
 * @returns a function that gives the secrets
 * @throws CommandError if none is set, or if the file cannot be read
 */
export async function readWebhookSecrets(environment: Environment): Promise<() => Promise<readonly string[]>> {
  const { EXTEND_WEBHOOK_SECRETS: list, EXTEND_WEBHOOK_SECRETS_FILE: file } = withoutBlanks(environment);
  if (list !== undefined && file !== undefined) {
    throw usageError('EXTEND_WEBHOOK_SECRETS and EXTEND_WEBHOOK_SECRETS_FILE are both set: set one');
  }
  if (list === undefined && file === undefined) {
    throw usageError(`${NAMES} must be set: the receiver needs the signing secret of each endpoint`);
  }
  const read = async () => toSecrets(list ?? (await readSecretFile(file ?? '')));
  await read();
  return read;
}

/** Splits secrets that are separated by commas or line breaks. @throws CommandError */
function toSecrets(text: string): readonly string[] {
  const secrets = text
    .split(/[,\n]/)
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
  const areWords = secrets.every((secret) => /^[\x21-\x7e]+$/.test(secret));
  if (secrets.length > 0 && areWords) return secrets;
  throw usageError(`${NAMES} must have secrets of printable ASCII characters, separated by commas or line breaks`);
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // The path is not shown, because the variable may hold a secret by mistake.
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw usageError(`EXTEND_WEBHOOK_SECRETS_FILE must name a readable file: ${code} (the value is not shown)`);
  }
}
