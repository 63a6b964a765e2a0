import type { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, searchAttributeCommand } from '../contract';
import type { Finding } from './finding';
import { detailsOf } from './connect-temporal';

/** The number of the type Keyword in Temporal's protocol. */
const KEYWORD = 2;
const SUBJECT = 'search attributes';

/** The types of the search attributes that a namespace has, by name. */
export type RegisteredAttributes = Readonly<Record<string, number>>;

/**
 * Checks whether a start with `searchAttributes: true` would work. Search attributes are optional, so the check is skipped
 * if none is registered, and if the server does not list them.
 */
export async function checkSearchAttributes(connection: Connection, namespace: string): Promise<Finding> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return judgeSearchAttributes(customAttributes, namespace);
  } catch (error) {
    return { state: 'skipped', subject: SUBJECT, says: `not known: ${detailsOf(error)}` };
  }
}

/** Judges the registered attributes: a namespace has all of this package's, each as Keyword, or none. */
export function judgeSearchAttributes(registered: RegisteredAttributes, namespace: string): Finding {
  const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
  const missing = names.filter((name) => registered[name] === undefined);
  const mistyped = names.filter((name) => registered[name] !== undefined && registered[name] !== KEYWORD);
  if (missing.length === names.length) {
    const says = `none; searchAttributes: true needs ${searchAttributeCommand(namespace)}`;
    return { state: 'skipped', subject: SUBJECT, says };
  }
  if (missing.length + mistyped.length === 0) {
    return { state: 'ok', subject: SUBJECT, says: `${names.join(', ')} are registered` };
  }
  const says = [
    ...missing.map((name) => `${name} is not registered`),
    ...mistyped.map((name) => `${name} is not of type Keyword`),
  ].join(', ');
  const removal = mistyped.length > 0 ? `Remove ${mistyped.join(' and ')} first. ` : '';
  const remedy = `${removal}Register: ${searchAttributeCommand(namespace, [...missing, ...mistyped])}`;
  return { state: 'wrong', subject: SUBJECT, says, remedy };
}
