import { createHmac, timingSafeEqual } from 'node:crypto';
import { RefusedRequest } from './refused-request';

/** How long a presigned URL is valid, as the API documents it for files. */
const VALID_MS = 15 * 60_000;

/** Makes and checks the emulator's own presigned URLs, which need no key. */
export class PresignedUrls {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** A URL below `base` for that path, valid for 15 minutes. */
  create(base: string, path: string): string {
    const expires = String(Date.now() + VALID_MS);
    return `${base}${path}?expires=${expires}&signature=${this.#sign(path, expires)}`;
  }

  /** @throws RefusedRequest 403 for a wrong signature or an expired URL. */
  check(path: string, query: Readonly<Record<string, string>>): void {
    const { expires = '', signature = '' } = query;
    const expected = Buffer.from(this.#sign(path, expires));
    const got = Buffer.from(signature);
    if (got.byteLength !== expected.byteLength || !timingSafeEqual(got, expected)) {
      throw new RefusedRequest(403, 'The signature of the URL does not match');
    }
    if (Date.now() > Number(expires)) throw new RefusedRequest(403, 'The URL has expired');
  }

  #sign(path: string, expires: string): string {
    return createHmac('sha256', this.#secret).update(`${path}\n${expires}`).digest('hex');
  }
}
