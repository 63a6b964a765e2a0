/** All workflows of the bench, for one worker. */
export { parseBatch, parseDocument } from '../../workflows';
export { bareSleep, sleepLoop } from './sleep-loop';
