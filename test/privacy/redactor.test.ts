/** Risk tested here: a known secret leaves the worker in another encoding. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRedactor, keySecrets, passwordSecrets, querySecrets, SHAPE_REDACTOR, urlSecrets } from '../../privacy';

const KEY = 'live.KEY+CANARY/bbb&"9';
const URL_OF_SOURCE =
  'https://bucket.example/private-PATH/a%20b.pdf?X-Amz-Credential=KEYID%2F2026&X-Amz-Signature=SIG+CANARY';
const ofKey = createRedactor(() => keySecrets(KEY));
const ofUrl = createRedactor(() => urlSecrets(URL_OF_SOURCE));
const CANARIES = /CANARY|PATH|KEYID|2026|bucket/i;

const json = (text: string) => JSON.stringify(text).slice(1, -1);
const html = (text: string) =>
  text.replace(/[&<>"'/=]/g, (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`);
const unicode = (text: string) =>
  text.replace(/[^a-z0-9]/gi, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const numeric = (write: (code: number) => string) => (text: string) =>
  [...text].map((character) => write(character.charCodeAt(0))).join('');

const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in capitals': (text) => text.toUpperCase(),
  'percent-encoded': encodeURIComponent,
  'percent-encoded in small letters': (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'as JSON': json,
  'as JSON with escaped slashes': (text) => json(text).replaceAll('/', '\\/'),
  'as JSON in JSON': (text) => json(json(text)),
  'as JSON with other escapes': unicode,
  'as HTML': html,
  'as HTML with names': (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  'as HTML of JSON': (text) => html(json(text)),
  'over two lines': (text) => `${text.slice(0, 12)}\r\n${text.slice(12)}`,
  'as HTML with numbers and zeros': numeric((code) => `&#${String(code).padStart(5, '0')};`),
  'as HTML with numbers without semicolons': numeric((code) => `&#${code}`),
  'as HTML with long hexadecimal numbers': numeric((code) => `&#x${code.toString(16).padStart(6, '0')};`),
  'as JavaScript with code points': numeric((code) => `\\u{${code.toString(16)}}`),
};

/** Characters that a word may contain without a visible difference, or as a line break. */
const BREAKS: readonly string[] = [
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u00ad',
  '\ufe0f',
  '\ufe00',
  '\u034f',
  '\u180e',
  '\u3164',
  '\u{e0001}',
  '\u{e0101}',
  '&#xfe0f;',
  '\\u{e0001}',
  '\r\n',
  '\n    ',
  ' \n',
  '<wbr>',
  '<wbr/>\n  ',
  '</b><b class="x">',
  '&#8203;',
  '&#8203',
  '\\u200b',
  '\\u{200b}',
  '\\n',
  '%0D%0A',
];

describe('An API key', () => {
  it.each(Object.entries(ENCODINGS))('is hidden %s', (_title, encode) => {
    expect(ofKey.text(`Invalid key (${encode(KEY)}), sorry`)).toBe('Invalid key (***), sorry');
  });

  it.each(BREAKS)('is hidden with %j inside', (broken) => {
    for (const at of [3, 12, 18]) {
      const text = `${KEY.slice(0, at)}${broken}${KEY.slice(at)}`;
      expect(ofKey.text(`Invalid key (${text}), sorry`)).toBe('Invalid key (***), sorry');
    }
  });

  it.each([
    ['angle brackets', '<', '>'],
    ['a percent sign', '%', ''],
    ['a backslash', '\\', ''],
    ['the beginning of an entity', '&#x', ''],
  ])('is hidden behind %s', (_what, before, after) => {
    const key = 'ab12cd34.nr-CANARY';
    const { text } = createRedactor(() => keySecrets(key));
    expect(text(`bad ${before}${key}${after}!`)).toBe(`bad ${before}***${after}!`);
  });

  it.each(['a', 'aa', 'aaaaaaaaaaaaaaaaa'])('is hidden if a repetition of its beginning, %s, comes first', (before) => {
    const { text } = createRedactor(() => keySecrets('aaaaaaaaaaaaaaaaaaBCDEFGH-REST'));
    expect(text(`key ${before}aaaaaaaaaaaaaaaaaaBCDEFGH-REST now`)).toBe('key *** now');
  });

  it('is searched for in a time that does not grow with its length, for any repetition in the text', () => {
    const LENGTH = 300_000;
    const hostile = createRedactor(() => keySecrets(`${'a'.repeat(6_000)}b`));
    const timeOf = (text: string) => {
      const startedAt = performance.now();
      expect(hostile.holdsSecret(text)).toBe(text.startsWith('a'));
      return performance.now() - startedAt;
    };
    timeOf('x'.repeat(LENGTH));
    const plainMs = Math.min(...[1, 2, 3].map(() => timeOf('x'.repeat(LENGTH))));
    const hostileMs = Math.min(...[1, 2, 3].map(() => timeOf('a'.repeat(LENGTH))));
    expect(hostileMs / plainMs).toBeLessThan(20);
  });

  it.each(['', 'u:', 'key:', 'Bearer '])('is hidden in base64 behind %j', (before) => {
    const encoded = Buffer.from(`${before}${KEY}:x`).toString('base64');
    const hidden = ofKey.text(`refused ${encoded} here`);
    expect(hidden).toMatch(/^refused \S*\*\*\*\S* here$/);
    expect(Buffer.from(hidden.replace(/refused | here/g, ''), 'base64').toString('latin1')).not.toMatch(/CANARY/);
  });

  it('is hidden if the text has only its beginning', () => {
    expect(ofKey.text(`Invalid key: ${KEY.slice(0, 18)}`)).toBe('Invalid key: ***');
  });

  it('is hidden at the cut after 500 characters', () => {
    for (let before = 470; before < 510; before += 1) {
      expect(ofKey.text(`${'x'.repeat(before)} ${KEY}`)).not.toMatch(/KEY|live/);
    }
  });

  it('is hidden at each occurrence, also at overlapping ones', () => {
    expect(ofKey.text(`${KEY}${KEY} ${KEY}`)).toBe('****** ***');
  });

  it('that consists of encoded line breaks hides nothing', () => {
    expect(createRedactor(() => keySecrets('%0A%0D%0A%0D')).text('a test')).toBe('a test');
  });

  it('that is too short for a real key is not searched for', () => {
    expect(createRedactor(() => keySecrets('test')).text('a test')).toBe('a test');
  });
});

describe('A URL of a resolver', () => {
  const parts = new URL(URL_OF_SOURCE);
  const { host, pathname, search } = parts;
  const forms: readonly (readonly [string, string])[] = [
    ['the URL', URL_OF_SOURCE],
    ['it without a scheme', `${host}${pathname}${search}`],
    ['it with its default port', `https://${host}:443${pathname}${search}`],
    ['path and query', `${pathname}${search}`],
    ['its path', pathname],
    ['its path decoded', decodeURIComponent(pathname)],
    ['its query', search],
    ['the value of a parameter', 'SIG+CANARY'],
    ['a value with its blanks', 'SIG CANARY'],
    ['a value that was decoded', 'KEYID/2026'],
    ['the beginning of it', URL_OF_SOURCE.slice(0, 45)],
  ];
  for (const [form, text] of forms) {
    it.each(Object.entries(ENCODINGS))(`is hidden: ${form}, %s`, (_title, encode) => {
      const hidden = ofUrl.text(`cannot load ${encode(text)} now`);
      expect(hidden.replace(/bucket\.example(:443)?/i, '')).not.toMatch(CANARIES);
      expect(hidden).toMatch(/^cannot load \S*\*\*\*.* now$|^cannot load .*\?\*\*\* now$/);
    });
  }

  it('leaves other texts as they are', () => {
    const text = 'see https://docs.example/errors, about application/pdf of bucket.example';
    expect(ofUrl.text(text)).toBe(text);
  });

  it.each(['r w x y!', 'r+w+x+y!', 'r%20w%20x%20y!', 'r%2Bw%2Bx%2By!'])(
    'is hidden: a value with blanks that is repeated as %s',
    (echoed) => {
      for (const value of ['r%20w%20x%20y!', 'r+w+x+y!', 'r+w+x%20y%21']) {
        const { text } = createRedactor(() => urlSecrets(`https://h.example/?sp=${value}`));
        expect(text(`got ${echoed}, sorry`)).toBe('got ***, sorry');
      }
    },
  );

  it('is hidden: a value beyond ASCII with blanks', () => {
    const { text } = createRedactor(() => urlSecrets('https://h.example/?q=Gr%C3%BC%C3%9Fe%20aus'));
    expect(text('got Grüße+aus and Gr%C3%BC%C3%9Fe+aus')).toBe('got *** and ***');
  });

  it('may have credentials', () => {
    const { text } = createRedactor(() => urlSecrets('https://user-name:pass%2Fword@h.example/a/b'));
    expect(text('no user-name with pass/word at //user-name:pass%2Fword@h.example/a/b')).not.toMatch(
      /user-name|pass|word/,
    );
  });

  it.each([
    ['http://h', 'h answered'],
    ['http://h/?a=1', 'a=1 is 1'],
    ['http://h/x', 'x'],
  ])('%s has no part that is searched for in %j', (url, text) => {
    expect(createRedactor(() => urlSecrets(url)).text(text)).toBe(text);
  });

  it('is hidden in any mixture of encodings', () => {
    const encode = fc.constantFrom(...Object.values(ENCODINGS).filter((one) => one !== ENCODINGS['over two lines']));
    const url = fc
      .webUrl({ withQueryParameters: true, withFragments: false })
      .map((plain) => `${plain.split('?')[0]}/SECRETPATH?signature=SECRETVALUE`);
    fc.assert(
      fc.property(url, encode, encode, fc.string(), (secret, one, other, around) => {
        const { text } = createRedactor(() => urlSecrets(secret));
        expect(text(`${around} ${one(other(secret))} ${around}`)).not.toMatch(/SECRETPATH|SECRETVALUE/i);
      }),
    );
  });
});

describe('A URL of the input', () => {
  it('loses only the values of its query', () => {
    const { text } = createRedactor(() => querySecrets(URL_OF_SOURCE));
    expect(text('GET https://bucket.example/private-PATH/a: SIG+CANARY is wrong')).toBe(
      'GET https://bucket.example/private-PATH/a: *** is wrong',
    );
  });
});

describe('A reason', () => {
  it.each([
    [
      'a URL',
      'UNABLE_TO_DOWNLOAD_FILE: https://h.example/a/b.pdf?c=d',
      'UNABLE_TO_DOWNLOAD_FILE: https://h.example/***',
    ],
    ['a URL right behind a word', 'FAILED:https://h.example/a', 'FAILED:https://h.example/***'],
    ['a URL with a port', 'http://h:81/a', 'http://h:81/***'],
    ['an encoded URL', 'https%3A%2F%2Fh.example%2Fa%3Fb%3Dc', 'https%3A%2F%2Fh.example/***'],
    ['a URL in JSON', String.raw`https:\/\/h.example\/a`, String.raw`https:\/\/h.example/***`],
    ['a URL in HTML', 'https:&#x2F;&#x2F;h.example&#x2F;a', 'https:&#x2F;&#x2F;h.example/***'],
    ['a URL with credentials', 'https://u:p@h.example/a', 'https://***@h.example/***'],
    ['a URL without a scheme', 'h.example/a?b=c', 'h.example/***'],
    ['a path', "GET '/a/b.pdf' failed", "GET '/*** failed"],
    ['a key of a bucket', 'no such key: private/a/b.pdf', 'no such key: private/***'],
  ])('loses the path of %s', (_title, reason, expected) => {
    expect(SHAPE_REDACTOR.reason(reason)).toBe(expected);
  });

  it.each(['CORRUPT_FILE', 'https://h.example', 'FILE_TYPE_NOT_SUPPORTED: application/pdf', 'page 1/2, N/A and/or /'])(
    'is kept: %s',
    (reason) => {
      expect(SHAPE_REDACTOR.reason(reason)).toBe(reason);
    },
  );
});

describe('values', () => {
  it('hides secrets by value only, and keeps line breaks, shapes and length', () => {
    const rest = `\n sk_live_0123456789 https://h/?a=b ${'x '.repeat(5_000)}`;
    expect(ofKey.values(`${KEY}${rest}${KEY}`)).toBe(`***${rest}***`);
  });
});

describe('holdsSecret', () => {
  it('is true only for texts with a secret', () => {
    expect(ofKey.holdsSecret(`parser_run_${encodeURIComponent(KEY)}`)).toBe(true);
    expect(ofUrl.holdsSecret(URL_OF_SOURCE)).toBe(true);
    expect(ofUrl.holdsSecret('parser_run_OQKzB0eV_CLTPWWEVeuCy')).toBe(false);
    expect(SHAPE_REDACTOR.holdsSecret('sk_live_0123456789')).toBe(false);
  });
});

describe('the password of a document', () => {
  it.each(['пароль', 'Straße', '密码密码', 'open'])(
    'is hidden in any alphabet, as it is and in base64: %s',
    (password) => {
      const { text } = createRedactor(() => passwordSecrets(password));
      const base64 = Buffer.from(`the password ${password} is wrong`).toString('base64');
      expect(text(`the password ${password} is wrong`)).toBe('the password *** is wrong');
      expect(text(`echo ${base64}`)).toMatch(/^echo .*\*\*\*/);
    },
  );

  it('is not searched for if it is shorter than four characters', () => {
    expect(passwordSecrets('abc')).toEqual([]);
    expect(passwordSecrets()).toEqual([]);
  });
});
