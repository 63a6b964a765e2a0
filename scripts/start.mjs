/**
 * `npm start -- FILE…`: the command `extend-parse parse`, from a fresh clone on.
 *
 * Installs what is not installed and builds what is not built; then runs the built command in this very process, so
 * that signals and exit status are its own. It needs nothing but Node.
 */
import { createRequire } from 'node:module';
import { COMMAND, ensureBuilt } from './ensure-built.mjs';

await ensureBuilt();
const require = createRequire(import.meta.url);
if (process.env.npm_lifecycle_event === 'start') require('../dist/cli/end-with-shell.js').endWithShell();
process.argv.splice(1, 1, COMMAND, 'parse');
require(COMMAND);
