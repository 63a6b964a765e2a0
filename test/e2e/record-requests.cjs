/** Preloaded by tests. At exit it prints the modules that the package's own files have required, as JSON. */
const Module = require('node:module');

const asked = new Set();
const load = Module._load;
Module._load = function record(request, parent, ...rest) {
  const isOurs = parent?.filename?.includes('/node_modules/temporal-extend-parse/');
  if (isOurs && !request.startsWith('.')) asked.add(request);
  return load.call(this, request, parent, ...rest);
};
process.on('exit', () => process.stdout.write(JSON.stringify([...asked].sort())));
