import { createHmac, timingSafeEqual } from 'node:crypto';
import { RefusedRequest } from './refused-request';

/** Lifetime of a presigned URL, in milliseconds, as the API documents it for files. */
const VALID_MS = 15 * 60_000;

/** Creates and checks the emulator's presigned URLs, which need no API key. */
export class PresignedUrls {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** Creates a URL below `base` for that path. @param validMs lifetime in milliseconds; default: 15 minutes */
  create(base: string, path: string, validMs = VALID_MS): string {
    const expires = String(Date.now() + validMs);
    return `${base}${path}?expires=${expires}&signature=${this.#sign(path, expires)}`;
  }

  /** Checks the query of a presigned URL. @throws RefusedRequest 403 if its signature is wrong or it has expired. */
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
