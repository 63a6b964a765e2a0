const { join } = require('node:path');

/** The parser process of the emulator as the set-up of the unit tests compiles it, so that they need no build. */
exports.PARSER_PROCESS = join(__dirname, '../../.cache/unit/parser-process.cjs');
