import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const ROOT = join(__dirname, '..', '..');

interface Row {
  readonly values: readonly string[];
  readonly types: readonly string[];
  readonly npm: readonly string[];
  readonly npmTypes: readonly string[];
  readonly node: boolean;
}

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly isType: boolean;
}

/** The table as JSON: jest's module loader has no `import.meta`. */
function readTable(): Record<string, Row> {
  const program = "import('./scripts/import-table.mjs').then((m) => console.log(JSON.stringify(m.IMPORT_TABLE)))";
  return JSON.parse(execFileSync(process.execPath, ['-e', program], { cwd: ROOT, encoding: 'utf8' }));
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  const named = clause.namedBindings;
  const elements = named !== undefined && ts.isNamedImports(named) ? named.elements : [];
  return clause.isTypeOnly || (elements.length > 0 && elements.every((element) => element.isTypeOnly));
}

/** The imports of a file, except for those that run when first needed. */
function importsOf(from: string): Import[] {
  const source = ts.createSourceFile(from, readFileSync(join(ROOT, from), 'utf8'), ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined)
      imports.push({ from, specifier: (node.moduleSpecifier as ts.StringLiteral).text, isType: isTypeOnly(node) });
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      imports.push({ from, specifier: (node.argument.literal as ts.StringLiteral).text, isType: true });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

/** The file that a relative import names. */
function target({ from, specifier }: Import): string {
  const path = join(dirname(from), specifier);
  const files = [`${path}.ts`, join(path, 'index.ts'), path];
  return files.find((file) => file.endsWith('.ts') && existsSync(join(ROOT, file))) ?? path;
}

/** The circles of a graph: each set of files that reach each other, by Tarjan's algorithm. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

describe('the import table', () => {
  const table = readTable();
  const folders = Object.keys(table);
  let imports: Import[] = [];
  /** The innermost folder of the table that holds a file. */
  const folderOf = (file: string) =>
    folders
      .filter((folder) => file.startsWith(`${folder}/`))
      .sort()
      .at(-1);

  beforeAll(() => {
    const files = execFileSync('git', ['ls-files', '*.ts'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
    imports = files.filter((file) => folderOf(file) !== undefined && existsSync(join(ROOT, file))).flatMap(importsOf);
  });

  it.each(folders)('permits %s no import that nothing in it uses', (folder) => {
    const own = imports.filter(({ from }) => folderOf(from) === folder);
    const ours = own.filter(({ specifier }) => specifier.startsWith('.'));
    const npm = own.filter(({ specifier }) => !/^[.#]|^node:/.test(specifier));
    const reached = (isType: boolean) => ours.filter((entry) => entry.isType === isType).map(target);
    const uses = (files: readonly string[]) => (permitted: string) =>
      files.some((file) => folderOf(file) === permitted || file === `${permitted}.ts`);
    const { values, types, ...row } = table[folder]!;
    expect(values.filter((permitted) => !uses(reached(false))(permitted))).toEqual([]);
    expect(types.filter((permitted) => !uses(reached(true))(permitted))).toEqual([]);
    const named = (isType: boolean) => npm.filter((entry) => entry.isType === isType).map(({ specifier }) => specifier);
    expect(row.npm.filter((name) => !named(false).includes(name))).toEqual([]);
    expect(row.npmTypes.filter((name) => !named(true).includes(name))).toEqual([]);
    expect(own.some(({ specifier }) => specifier.startsWith('node:'))).toBe(row.node);
  });

  it('knows no circle of files, imports of types included', () => {
    const graph = new Map<string, string[]>();
    for (const entry of imports) {
      const targets = graph.get(entry.from) ?? [];
      graph.set(entry.from, entry.specifier.startsWith('.') ? [...targets, target(entry)] : targets);
    }
    expect(circles(graph)).toEqual([]);
  });

  it('is the table of docs/architecture.md', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');
    const rows = page.slice(page.indexOf('\n## Folders\n')).split('\n## ', 2)[1]!;
    const documented = [...rows.matchAll(/^\| `([^`]+)` \|[^|]+\| (.*?) \|$/gm)].map(([, folder, cell]) => [
      folder,
      cell,
    ]);
    const actual = folders.map((folder) => {
      const { values, types } = table[folder]!;
      const cells = [
        ...(values.length > 0 ? [list(values)] : []),
        ...(types.length > 0 ? [`types of ${list(types)}`] : []),
      ];
      return [folder, cells.join('; ') || 'nothing of ours'];
    });
    expect(documented).toEqual(actual);
  });
});
