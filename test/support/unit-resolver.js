const { PARSER_PROCESS } = require('./compiled-parser-process.js');

/** Resolves modules as jest does, but the parser process to the file that the set-up of the unit tests compiles. */
module.exports = (request, options) =>
  request === '#parser-process' ? PARSER_PROCESS : options.defaultResolver(request, options);
