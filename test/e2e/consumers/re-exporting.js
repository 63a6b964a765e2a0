/** Workflows of somebody's own, beside ours. */
const { executeChild } = require('@temporalio/workflow');

exports.parseDocument = require('temporal-extend-parse/workflows').parseDocument;
exports.mine = async (input) => (await executeChild('parseDocument', { args: [input] })).output.kind;
