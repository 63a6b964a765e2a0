/**
 * The package works where it is installed, and not only in its checkout: its files are packed, its entries have the right
 * names, it loads only modules that the user has, and consumers of each module format can load it.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MANIFEST, REQUIRED_MODULES, ROOT, SUBPATHS, pack, runNode, type Packed } from '../package/packed-project';

/** The modules that each subpath may load, except Node's own. */
const MAY_LOAD: Readonly<Record<string, readonly string[]>> = {
  './activities': ['@temporalio/activity', '@temporalio/common', 'valibot'],
  './workflows': ['@temporalio/workflow', '@temporalio/common', 'valibot'],
  './embed': ['@temporalio/workflow', '@temporalio/common', 'valibot'],
  './client': ['@temporalio/client', '@temporalio/common', '@temporalio/envconfig', '@temporalio/workflow', 'valibot'],
  './webhook': ['@temporalio/client', '@temporalio/common', '@temporalio/workflow', 'valibot'],
  './storage': ['@temporalio/common', 'valibot'],
  './s3': ['@aws-sdk/client-s3', '@aws-sdk/lib-storage'],
};
/** The libraries that parse documents. No subpath loads one before a document is parsed. */
const PARSER_LIBRARIES = Object.keys(MANIFEST.peerDependencies).filter(
  (name) => !/^@(temporalio|aws-sdk)\//.test(name),
);
const OTHER_PEERS = Object.keys(MANIFEST.peerDependencies).filter((name) => !PARSER_LIBRARIES.includes(name));

/** The subpaths that load without the optional peers. */
const WITHOUT_OPTIONAL_PEERS = ['./client', './webhook', './workflows', './embed'];

const RECORDER = join(__dirname, 'record-requests.cjs');
/** Node's flag against `require` of ES modules: Node 20.19 can do that, other loaders such as jest's cannot. */
const STRICT = '--no-experimental-require-module';

let packed: Packed;
/** A project with all peers but the parser libraries, and one with the required peers only. */
let full: string;
let lean: string;

beforeAll(() => {
  packed = pack();
  const dependencies = Object.keys(MANIFEST.dependencies);
  full = packed.createProject([...dependencies, ...OTHER_PEERS, 'jest']);
  lean = packed.createProject(REQUIRED_MODULES);
});

afterAll(() => packed.close());

const specifierOf = (subpath: string) => `${MANIFEST.name}${subpath.slice(1)}`;

/** The names that `require` finds on a subpath. */
function requiredNames(subpath: string): string[] {
  const code = `console.log(JSON.stringify(Object.keys(require('${specifierOf(subpath)}')).sort()))`;
  return JSON.parse(runNode(full, [STRICT, '-e', code])) as string[];
}

/** The modules that loading a subpath requests, without the package's own files. */
function requests(project: string, subpath: string): string[] {
  const code = `require('${specifierOf(subpath)}'); process.exit()`;
  return JSON.parse(runNode(project, [STRICT, '--require', RECORDER, '-e', code])) as string[];
}

describe('the tarball', () => {
  it('holds the build, its types, the sample, the schemas and the papers, and nothing else', () => {
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD-PARTY-NOTICES', 'package.json'];
    const sample = ['cli/sample/README.md', 'cli/sample/invoice.pdf'];
    const schemas = readdirSync(join(ROOT, 'schemas')).map((name) => `schemas/${name}`);
    const others = packed.files.filter((file) => !file.startsWith('dist/'));
    expect(others.sort()).toEqual([...papers, ...sample, ...schemas].sort());
    const built =
      /^dist\/(?:activities|cli|client|contract|http|json|local|privacy|storage|testing|webhook|worker|workflows)\/[\w/-]+(?:\.d\.ts|\.js)$/;
    const bundle = /^dist\/worker\/workflows-[\d.]+\.js$/;
    const unknown = packed.files.filter((file) => file.startsWith('dist/') && !built.test(file));
    expect(unknown).toEqual([expect.stringMatching(bundle)]);
  });

  it('holds no file whose source is gone', () => {
    const sources = packed.files
      .filter((file) => file.startsWith('dist/') && !file.startsWith('dist/worker/workflows-'))
      .map((file) => join(ROOT, file.slice('dist/'.length).replace(/(?:\.d\.ts|\.js)$/, '.ts')));
    expect(sources.filter((source) => statSync(source, { throwIfNoEntry: false }) === undefined)).toEqual([]);
  });
});

describe.each(SUBPATHS)('%s', (subpath) => {
  it('gives the same names to require and to import', () => {
    const names = requiredNames(subpath);
    expect(names.length).toBeGreaterThan(0);
    const code = `import { ${names.join(', ')} } from '${specifierOf(subpath)}'; console.log([${names.join(', ')}].length)`;
    expect(runNode(full, [STRICT, '--input-type=module', '-e', code]).trim()).toBe(String(names.length));
  });

  it('loads no parser library', () => {
    expect(requests(full, subpath).filter((request) => PARSER_LIBRARIES.includes(request))).toEqual([]);
  });
});

describe.each(Object.entries(MAY_LOAD))('%s', (subpath, allowed) => {
  it(`loads of other packages only ${allowed.join(', ')}`, () => {
    const asked = requests(full, subpath).filter((request) => !request.startsWith('node:'));
    expect(asked.filter((request) => !allowed.includes(request))).toEqual([]);
  });
});

describe.each(['./workflows', './embed'])('%s', (subpath) => {
  it("asks for none of Node's own modules", () => {
    expect(requests(full, subpath).filter((request) => request.startsWith('node:'))).toEqual([]);
  });
});

describe('a project without the optional peers', () => {
  it.each(WITHOUT_OPTIONAL_PEERS)('loads %s', (subpath) => {
    expect(requests(lean, subpath)).toContain('@temporalio/workflow');
  });

  it('gets from Node the name of the module that ./worker lacks', () => {
    expect(() => requests(lean, './worker')).toThrow(/Cannot find module '@temporalio\//);
  });

  it('gets the line that installs what ./testing needs', () => {
    expect(() => requests(lean, './testing')).toThrow(/npm install --save-dev @temporalio\/activity@\^[^\n]*testing@/);
  });
});

describe('a consumer', () => {
  it('bundles the workflows beside its own', () => {
    const specifier = (subpath: string) => JSON.stringify(specifierOf(subpath));
    writeFileSync(
      join(full, 'workflows.js'),
      `exports.parseDocument = require(${specifier('./workflows')}).parseDocument;
       const { parseInWorkflow } = require(${specifier('./embed')});
       exports.mine = (input) => parseInWorkflow(input);`,
    );
    const program = `require('@temporalio/worker').bundleWorkflowCode({
      workflowsPath: require.resolve('./workflows.js'),
      logger: new (require('@temporalio/worker').DefaultLogger)('ERROR'),
    }).then(({ code }) => console.log(code.includes('parseInWorkflow')));`;
    expect(runNode(full, ['-e', program]).trim()).toBe('true');
  });

  it('tests its code with jest without configuration', () => {
    const tests = SUBPATHS.map((subpath) => `test('${subpath}', () => { require('${specifierOf(subpath)}'); });`);
    writeFileSync(join(full, 'consumer.test.js'), tests.join('\n'));
    expect(() => runNode(full, [require.resolve('jest/bin/jest'), '--rootDir', full])).not.toThrow();
  });

  it('compiles against the types, which name no module that is not declared', () => {
    expect(compileConsumer(full, SUBPATHS)).toEqual([]);
  });

  it('compiles without the optional peers if it uses none', () => {
    expect(compileConsumer(lean, WITHOUT_OPTIONAL_PEERS)).toEqual([]);
  });

  it('runs the command', () => {
    const command = join('node_modules', MANIFEST.name, MANIFEST.bin['extend-parse'] ?? '');
    expect(readFileSync(join(full, command), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(join(full, command)).mode & 0o111).not.toBe(0);
    expect(runNode(full, [command, '--help'])).toContain('extend-parse');
  });
});

/** Compiles the use of all names as CommonJS and as an ES module. Returns the errors in the use and in the package's types. */
function compileConsumer(project: string, subpaths: readonly string[]): string[] {
  const lines = subpaths.map((subpath, index) => {
    const names = requiredNames(subpath);
    const aliases = names.map((name) => `${name}_${index}`);
    const imported = names.map((name, at) => `${name} as ${aliases[at]}`);
    return `import { ${imported.join(', ')} } from '${specifierOf(subpath)}';\nvoid [${aliases.join(', ')}];\n`;
  });
  const files = ['consumer.cts', 'consumer.mts'];
  for (const file of files) writeFileSync(join(project, file), lines.join(''));
  const settings = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023'];
  const types = ['--typeRoots', join(ROOT, 'node_modules', '@types'), '--types', 'node'];
  try {
    runNode(project, [require.resolve('typescript/bin/tsc'), ...files, ...settings, ...types]);
    return [];
  } catch (error) {
    // Errors in the types of other packages do not count.
    const complaints = (error as { stdout: string }).stdout.split('\n');
    return complaints.filter((line) => /^error|^consumer\.|node_modules\/temporal-extend-parse\//.test(line));
  }
}
