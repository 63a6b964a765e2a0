import ts from 'typescript';

/** A piece of prose in a file: a comment, the text of a string, or the text of a markdown page. */
export interface Prose {
  /** A comment is checked for its opening too. */
  readonly kind: 'comment' | 'text';
  /** The words. Code within is replaced by spaces and line breaks are kept, so that an offset still gives its line. */
  readonly text: string;
  /** The line of the file on which the piece begins, from 1. */
  readonly line: number;
}

/** The prose of a file. The ending of its name tells if it is a page of markdown, or code in TypeScript or JavaScript. */
export function proseOf(path: string, text: string): Prose[] {
  return path.endsWith('.md') ? proseOfPage(text) : proseOfCode(text);
}

/** Replaces characters by spaces and keeps line breaks. */
const blank = (text: string) => text.replace(/[^\n]/g, ' ');
const lineAt = (text: string, position: number) => text.slice(0, position).split('\n').length;

/** The comments and strings of code, as the TypeScript scanner finds them. */
function proseOfCode(code: string): Prose[] {
  const source = ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest);
  const comments = new Map<number, ts.CommentRange>();
  const strings: Prose[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const inner = node.getChildren(source);
    if (inner.length > 0) return inner.forEach(visit);
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      const start = node.getStart(source);
      strings.push({ kind: 'text', text: code.slice(start, node.end), line: lineAt(code, start) });
    }
    const around = [
      ...(ts.getLeadingCommentRanges(code, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(code, node.end) ?? []),
    ];
    for (const range of around) comments.set(range.pos, range);
  };
  visit(source);
  const ranges = [...comments.values()].sort((one, other) => one.pos - other.pos);
  return [...joinLines(code, ranges).map((range) => toComment(code, range)), ...strings];
}

type Range = Pick<ts.CommentRange, 'pos' | 'end' | 'kind'>;

/** Joins line comments that follow each other, each alone on its line, to one comment. */
function joinLines(code: string, ranges: readonly Range[]): Range[] {
  const isAlone = ({ pos }: Range) => /(?:^|\n)[ \t]*$/.test(code.slice(0, pos));
  const joined: Range[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    const follows =
      last?.kind === ts.SyntaxKind.SingleLineCommentTrivia &&
      range.kind === last.kind &&
      isAlone(last) &&
      /^\n[ \t]*$/.test(code.slice(last.end, range.pos));
    if (follows) joined[joined.length - 1] = { ...last, end: range.end };
    else joined.push(range);
  }
  return joined;
}

function toComment(code: string, { pos, end }: Range): Prose {
  const text = code
    .slice(pos, end)
    .replace(/\*\/$/, blank)
    .replace(/^[ \t]*(?:\/\*+|\/\/+|\*)/gm, blank)
    .replace(/eslint-\S+.*? -- /, blank)
    .replace(/`[^`]*`|\{@link [^}]*\}/g, blank);
  return { kind: 'comment', text, line: lineAt(code, pos) };
}

/** The text of a page without inline code and link targets, and the prose of its blocks of code. */
function proseOfPage(page: string): Prose[] {
  const blocks: Prose[] = [];
  const text = page.replace(
    /^( *)```(\w*).*\n([^]*?)^\1```/gm,
    (block, _indent, language: string, content: string, at) => {
      const first = lineAt(page, at as number) + 1;
      const found = /^(?:ts|js|mjs|typescript|javascript)$/.test(language)
        ? proseOfCode(content)
        : proseOfLines(content);
      blocks.push(...found.map((piece) => ({ ...piece, line: piece.line + first - 1 })));
      return blank(block);
    },
  );
  const words = text.replace(/`[^`\n]*`/g, blank).replace(/\]\([^)]*\)/g, blank);
  return [{ kind: 'text', text: words, line: 1 }, ...blocks];
}

/** The lines of a block in another language; a line that begins with `#` is a comment. */
function proseOfLines(content: string): Prose[] {
  return content.split('\n').map((line, index) => {
    const kind = /^\s*#\s/.test(line) ? 'comment' : 'text';
    return { kind, text: kind === 'comment' ? line.replace('#', ' ') : line, line: index + 1 };
  });
}
