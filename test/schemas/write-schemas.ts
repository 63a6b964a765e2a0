/** `npm run schemas`: writes the JSON Schemas of `schemas/` anew. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSchemas } from './make-schemas';

const ROOT = process.cwd();

for (const [name, schema] of Object.entries(makeSchemas(ROOT))) {
  writeFileSync(join(ROOT, 'schemas', `${name}.json`), `${JSON.stringify(schema, undefined, 2)}\n`);
}
