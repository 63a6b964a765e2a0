/** The workflows of a user, and a re-export of the package's. */
const { executeChild } = require('@temporalio/workflow');

exports.parseDocument = require('temporal-extend-parse/workflows').parseDocument;
exports.mine = async (input) => (await executeChild('parseDocument', { args: [input] })).output.kind;
