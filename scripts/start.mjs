/**
 * `npm start -- FILE…`: the command `extend-parse parse`, from a fresh clone on.
 *
 * Installs what is not installed and builds what is not built; then runs the built command in this very process, so
 * that signals and exit status are its own. It needs nothing but Node.
 */
import { createRequire } from 'node:module';
import { COMMAND, ensureBuilt } from './ensure-built.mjs';

/**
 * npm hands signals to the shell that it runs us in, and some shells die of them without a word to us. A command whose
 * shell is gone is told to end.
 */
function endWithShell() {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

await ensureBuilt();
if (process.env.npm_lifecycle_event === 'start') endWithShell();
process.argv.splice(1, 1, COMMAND, 'parse');
createRequire(import.meta.url)(COMMAND);
