/** Workflows of which one is our copy's, and the other uses the library's. */
exports.parseDocument = require('temporal-extend-parse/workflows').parseDocument;
exports.throughLibrary = require('a-library/workflows.js').throughLibrary;
