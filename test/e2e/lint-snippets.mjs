/**
 * Lints snippets as if each stood in the file that it names, and prints the rules that fired.
 *
 * A program of its own, because jest's module loader cannot load ESLint's configuration.
 */
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';

const snippets = JSON.parse(await text(process.stdin));
const eslint = new ESLint({ cwd: process.argv[2] });
const answers = [];
for (const { filePath, code } of snippets) {
  const [result] = await eslint.lintText(code, { filePath });
  answers.push(result.messages.map((message) => message.ruleId ?? `fatal: ${message.message}`));
}
process.stdout.write(JSON.stringify(answers));
