/** The receiver as a route file, as Next.js has it in `app/webhooks/extend/route.ts`. */
import { createHandler } from './handler';

/** Temporal's client needs Node. */
export const runtime = 'nodejs';

let handler: ReturnType<typeof createHandler> | undefined;

/** Receives a delivery. The handler is built with the first one, because a build has no secrets. */
export function POST(request: Request): Promise<Response> {
  handler ??= createHandler();
  return handler(request);
}
