import { join } from 'node:path';
import ts from 'typescript';

/** A JSON Schema, draft 7. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A JSON Schema of an object. */
export interface ObjectSchema extends JsonSchema {
  readonly properties: Readonly<Record<string, JsonSchema>>;
}

const COMPILER_OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * Makes JSON Schemas of exported types, with the docstrings as descriptions. Objects stay open: a later version of the
 * package may add members to a result.
 */
export class TypeSchemas {
  readonly #root: string;
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  #definitions: Record<string, JsonSchema> = {};

  /** @param files paths from the root of the repository */
  constructor(root: string, files: readonly string[]) {
    this.#root = root;
    this.#program = ts.createProgram(
      files.map((file) => join(root, file)),
      COMPILER_OPTIONS,
    );
    this.#checker = this.#program.getTypeChecker();
  }

  /** The schema of a type, without the types to which it refers. */
  of(file: string, name: string): JsonSchema {
    const symbol = this.#exported(file, name);
    const schema = this.#expand(this.#checker.getDeclaredTypeOfSymbol(symbol));
    return { ...this.#described(symbol), ...schema };
  }

  /** Returns the schemas of all types to which the schemas refer that were made since the last call. */
  takeDefinitions(): Record<string, JsonSchema> {
    const taken = this.#definitions;
    this.#definitions = {};
    return Object.fromEntries(Object.entries(taken).sort(([one], [other]) => one.localeCompare(other)));
  }

  #exported(file: string, name: string): ts.Symbol {
    const source = this.#program.getSourceFile(join(this.#root, file));
    const module = source && this.#checker.getSymbolAtLocation(source);
    const symbol = module && this.#checker.getExportsOfModule(module).find((one) => one.name === name);
    if (symbol === undefined) throw new Error(`${file} exports no ${name}`);
    return symbol;
  }

  /** A type with a name becomes a reference. */
  #schemaOf(type: ts.Type): JsonSchema {
    const name = this.#nameOf(type);
    if (name === undefined) return this.#expand(type);
    if (!(name in this.#definitions)) {
      this.#definitions[name] = {}; // A type may refer to itself.
      this.#definitions[name] = { ...this.#described(type.aliasSymbol ?? type.symbol), ...this.#expand(type) };
    }
    return { $ref: `#/definitions/${name}` };
  }

  /** The name of an object type, or of a union of them, of this package. */
  #nameOf(type: ts.Type): string | undefined {
    const symbol = type.aliasSymbol ?? (type.isClassOrInterface() ? type.symbol : undefined);
    if (symbol === undefined || type.aliasTypeArguments !== undefined || !isObject(type)) return undefined;
    const source = symbol.declarations?.[0]?.getSourceFile();
    return source === undefined || this.#program.isSourceFileDefaultLibrary(source) ? undefined : symbol.name;
  }

  #expand(type: ts.Type): JsonSchema {
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.isUnion()) return this.#unionOf(type.types);
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: this.#checker.typeToString(type) === 'true' };
    if (isText(type)) return { type: 'string' };
    if (type.flags & ts.TypeFlags.Number) return { type: 'number' };
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
    if (this.#checker.isArrayType(type)) {
      const [item] = this.#checker.getTypeArguments(type as ts.TypeReference);
      return { type: 'array', items: this.#schemaOf(item!) };
    }
    return this.#objectOf(type);
  }

  /** A text of any content contains all literals. */
  #unionOf(members: readonly ts.Type[]): JsonSchema {
    const given = members.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    const hasText = given.some(isText);
    const words = hasText ? [] : given.flatMap((type) => (type.isStringLiteral() ? [type.value] : [])).sort();
    const booleans = given.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral);
    const others = given.filter((type) => !type.isStringLiteral() && !isText(type) && !booleans.includes(type));
    const schemas = [
      ...(hasText ? [{ type: 'string' }] : []),
      ...(words.length > 1 ? [{ enum: words }] : words.map((word) => ({ const: word }))),
      ...(booleans.length > 1 ? [{ type: 'boolean' }] : booleans.map((type) => this.#expand(type))),
      ...others.map((type) => this.#schemaOf(type)),
    ];
    return schemas.length === 1 ? schemas[0]! : { anyOf: schemas };
  }

  #objectOf(type: ts.Type): JsonSchema {
    const members = this.#checker.getPropertiesOfType(type);
    if (members.length === 0) return { type: 'object' };
    const properties = members.map((member) => {
      const schema = this.#memberSchema(this.#checker.getTypeOfSymbol(member));
      const { description } = this.#described(member);
      if (description === undefined) return [member.name, schema];
      // Draft 7 ignores everything beside a reference.
      return [member.name, { description, ...('$ref' in schema ? { allOf: [schema] } : schema) }];
    });
    const required = members.filter(({ flags }) => !(flags & ts.SymbolFlags.Optional)).map(({ name }) => name);
    return {
      type: 'object',
      properties: Object.fromEntries(properties) as Record<string, JsonSchema>,
      ...(required.length > 0 && { required }),
    };
  }

  /** An optional member may have a named type. */
  #memberSchema(type: ts.Type): JsonSchema {
    const members = type.isUnion() ? type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined)) : [type];
    return members.length === 1 ? this.#schemaOf(members[0]!) : this.#schemaOf(type);
  }

  /** The docstring, with the default, in one line. */
  #described(symbol: ts.Symbol): { readonly description?: string } {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(this.#checker));
    const tag = symbol.getJsDocTags(this.#checker).find(({ name }) => name === 'default');
    const standard = tag === undefined ? '' : ` Default: ${ts.displayPartsToString(tag.text)}`;
    const description = `${text}${standard}`
      .replaceAll(/\{@link ([^}]*)\}/g, '$1')
      .replaceAll(/\s+/g, ' ')
      .trim();
    return description === '' ? {} : { description };
  }
}

/** Tells if a type is `string`, or the `string & {}` that keeps the literals beside it. */
function isText(type: ts.Type): boolean {
  if (type.isIntersection()) return type.types.some(isText);
  return (type.flags & ts.TypeFlags.String) !== 0;
}

/** Tells if a type is an object, or a union of objects. Unions of words have no names of their own. */
function isObject(type: ts.Type): boolean {
  if (type.isUnion()) return type.types.every(isObject);
  return (type.flags & ts.TypeFlags.Object) !== 0 || (type.isIntersection() && !isText(type));
}
