/** All workflows of the bench, so that one worker has them all. */
export { parseBatch, parseDocument, parseGroup } from '../../workflows';
export { bareSleep, sleepLoop } from './sleep-loop';
