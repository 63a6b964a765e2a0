/** Two workflows: one of this program's copy of the package, and one that uses the copy of the library. */
exports.parseDocument = require('temporal-extend-parse/workflows').parseDocument;
exports.throughLibrary = require('a-library/workflows.js').throughLibrary;
