/** Preloaded by tests: prints at exit which modules the package's own files asked for, as `request` per line. */
const Module = require('node:module');

const asked = new Set();
const load = Module._load;
Module._load = function record(request, parent, ...rest) {
  const isOurs = parent?.filename?.includes('/node_modules/temporal-extend-parse/');
  if (isOurs && !request.startsWith('.')) asked.add(request);
  return load.call(this, request, parent, ...rest);
};
process.on('exit', () => process.stdout.write(JSON.stringify([...asked].sort())));
