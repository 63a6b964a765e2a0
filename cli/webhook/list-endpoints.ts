import type { WebhookEndpoint } from '../../contract/extend';
import type { WebhookEndpoints } from '../../http';

/** Largest number of pages that are read. */
const MAX_PAGES = 50;

/** Reads all endpoints of the workspace, page after page. @throws ParseApiError */
export async function listEndpoints(api: WebhookEndpoints): Promise<readonly WebhookEndpoint[]> {
  const found: WebhookEndpoint[] = [];
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { endpoints, nextPageToken } = await api.list(token);
    found.push(...endpoints);
    if (nextPageToken === undefined || nextPageToken === token) break;
    token = nextPageToken;
  }
  return found;
}
