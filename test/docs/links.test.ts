/** Each link of a page leads to a file and a heading that exist. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = join(__dirname, '../..');

const below = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below('docs'), ...below('examples')].filter((path) =>
  path.endsWith('.md'),
);

/** The text of a page without its code, in which brackets are no links. */
function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
}

/** The anchors that GitHub's renderer creates from a page's headings. */
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const text = textOf(page);
  const slugs = [...text.matchAll(/^#{1,6} +(.*)$/gm)].map(([, heading = '']) => {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\\/g, '');
    const slug = plain
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replace(/ /g, '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
  const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return new Set([...slugs, ...ids]);
}

/** The links of a page into the repository whose target does not exist. */
function brokenLinks(page: string): string[] {
  const targets = [...textOf(page).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/i.test(target)) return false;
    const [path = '', anchor] = decodeURIComponent(target).split('#');
    const file = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
    if (file.startsWith('..') || !existsSync(join(ROOT, file))) return true;
    const isPage = file.endsWith('.md') && statSync(join(ROOT, file)).isFile();
    return anchor !== undefined && (!isPage || !anchorsOf(file).has(anchor));
  });
}

it('finds the pages', () => {
  expect(PAGES).toEqual(expect.arrayContaining(['README.md', 'docs/README.md', 'docs/reference/client.md']));
});

it.each(PAGES)('the links of %s have targets', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

it('each page of docs is in its index', () => {
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  const pages = PAGES.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/README.md');
  expect(pages.filter((page) => !index.includes(`(${relative('docs', page)})`))).toEqual([]);
});
