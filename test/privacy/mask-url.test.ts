/** Risk tested here: a message shows a password or a signature, or no longer identifies the URL. */
import { describe, expect, it } from '@jest/globals';
import { maskUrl } from '../../privacy';

describe('maskUrl', () => {
  it.each([
    ['https://files.example/a/x.pdf', 'https://files.example/a/x.pdf'],
    ['https://files.example/x.pdf?sig=SECRET', 'https://files.example/x.pdf?***'],
    ['https://files.example/x.pdf#SECRET', 'https://files.example/x.pdf?***'],
    ['https://user:SECRET@files.example:8443/x.pdf', 'https://files.example:8443/x.pdf'],
    ['HTTPS://user:SECRET@files.example/', 'https://files.example/'],
  ])('of %s is %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
  });

  it.each([
    ['https://files.example:99999/x.pdf?sig=SECRET', 'https://files.example:99999/x.pdf?***'],
    ['https://u:SECRET@[::1/x?sig=SECRET', 'https://***'],
    ['https://u:SEC/RET@files.example', 'https://***'],
    ['https://u:SEC?RET@files.example', 'https://***'],
    ['https://files.example:99999/?mail=a@b.example&sig=SECRET', 'https://***'],
    ['u:SECRET@files.example:7233', '***'],
    ['https:/files.example/x?sig=SECRET', 'https:/files.example/x?***'],
    ['files.example', 'files.example'],
  ])('of %s, which is not a URL, is %s', (text, masked) => {
    expect(maskUrl(text)).toBe(masked);
  });
});
