/**
 * The process that parses. It gets one document per message and answers with one outcome. It runs the built file, apart
 * from the server, because a document that fills the memory ends the whole process that parses it.
 */
import { Worker } from 'node:worker_threads';
import type { ParserTask, ParserMessage } from './parser-task';
import { parseIntoChunks } from './parsing/parse-into-chunks';

/**
 * Ends the process if the server has died. It runs in a thread of its own, because a document may keep the main thread
 * busy for ever.
 */
const WATCH_PARENT = `
  const { workerData: parent } = require('node:worker_threads');
  setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`;

new Worker(WATCH_PARENT, { eval: true, workerData: process.ppid }).unref();

process.on('disconnect', () => process.exit());
process.on('message', (task: ParserTask) => {
  // A rejection stays unhandled on purpose. It ends this process, because the state of a library that crashed is
  // unknown.
  void parseIntoChunks(task).then((outcome) => send(outcome));
});
process.on('uncaughtException', (error: unknown) => {
  const { message = String(error) } = (error ?? {}) as Partial<Error>;
  send({ crashed: message }, () => process.exit(1));
});

function send(message: ParserMessage, onSent?: () => void): void {
  process.send?.(message, undefined, undefined, onSent);
}
