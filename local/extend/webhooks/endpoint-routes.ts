import { defined, isPlainObject } from '../../../json';
import { SERVED_VERSIONS } from '../api-version';
import { jsonResponse, type EmulatorResponse } from '../emulator-response';
import type { Exchange } from '../exchange';
import { RefusedRequest } from '../refused-request';
import type { EmulatorEndpoint, EndpointFields } from './endpoint-store';
import type { PayloadFormat } from './webhook-options';

/** `POST /webhook_endpoints`: creates an endpoint. Only this answer has the signing secret. */
export function createEndpoint({ request, state }: Exchange): EmulatorResponse {
  const body = bodyOf(request.bodyJson);
  const { url, name, status = 'enabled', enabledEvents, headers = {}, payload = { format: 'json' } } = readFields(body);
  const apiVersion = SERVED_VERSIONS.find((version) => version === body['apiVersion']);
  if (url === undefined) throw new RefusedRequest(400, 'url is missing');
  if (name === undefined) throw new RefusedRequest(400, 'name is missing');
  if (enabledEvents === undefined) throw new RefusedRequest(400, 'enabledEvents is missing');
  if (apiVersion === undefined) throw new RefusedRequest(400, `apiVersion must be ${SERVED_VERSIONS.join(' or ')}`);
  const fields = { url, name, status, enabledEvents, apiVersion, headers, payload };
  const endpoint = state.webhooks.endpoints.create(fields);
  return jsonResponse(200, { ...endpointObject(endpoint), signingSecret: endpoint.signingSecret });
}

/** `GET /webhook_endpoints`: lists the endpoints, all on one page. */
export function listEndpoints({ request, state }: Exchange): EmulatorResponse {
  const { status } = request.query;
  const endpoints = state.webhooks.endpoints
    .list()
    .filter((endpoint) => status === undefined || endpoint.status === status);
  return jsonResponse(200, { object: 'list', data: endpoints.map(endpointObject) });
}

/** `GET /webhook_endpoints/{id}`. */
export function getEndpoint({ request, state }: Exchange): EmulatorResponse {
  return jsonResponse(200, endpointObject(state.webhooks.endpoints.get(request.endpointId ?? '')));
}

/** `POST /webhook_endpoints/{id}`: changes the members that the body has. */
export function updateEndpoint({ request, state }: Exchange): EmulatorResponse {
  const fields = readFields(bodyOf(request.bodyJson));
  return jsonResponse(200, endpointObject(state.webhooks.endpoints.update(request.endpointId ?? '', fields)));
}

/** `DELETE /webhook_endpoints/{id}`. */
export function deleteEndpoint({ request, state }: Exchange): EmulatorResponse {
  const id = request.endpointId ?? '';
  state.webhooks.endpoints.delete(id);
  return jsonResponse(200, { id });
}

function endpointObject(endpoint: EmulatorEndpoint): object {
  const { id, url, name, status, enabledEvents, apiVersion, headers, payload, createdAtMs } = endpoint;
  return {
    object: 'webhook_endpoint',
    id,
    url,
    name,
    status,
    enabledEvents,
    apiVersion,
    advancedOptions: { headers, payload },
    createdAt: new Date(createdAtMs).toISOString(),
    createdBy: null,
  };
}

function bodyOf(body: unknown): Readonly<Record<string, unknown>> {
  if (!isPlainObject(body)) throw new RefusedRequest(400, 'The body must be a JSON object');
  return body;
}

/** Reads the members of a body that a change may have too. @throws RefusedRequest 400 that names the wrong member */
function readFields(body: Readonly<Record<string, unknown>>): Partial<Omit<EndpointFields, 'apiVersion'>> {
  const { url, name, status, enabledEvents, advancedOptions = {} } = body;
  if (url !== undefined && !isHttpUrl(url)) throw new RefusedRequest(400, 'url must be an absolute http(s) URL');
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw new RefusedRequest(400, 'name must be a text');
  if (status !== undefined && status !== 'enabled' && status !== 'disabled') {
    throw new RefusedRequest(400, 'status must be enabled or disabled');
  }
  if (enabledEvents !== undefined && !isTexts(enabledEvents)) {
    throw new RefusedRequest(400, 'enabledEvents must be a list of event types');
  }
  const { headers, payload } = bodyOf(advancedOptions ?? {});
  return defined({ url, name, status, enabledEvents, headers: readHeaders(headers), payload: readPayload(payload) });
}

function readHeaders(headers: unknown): EndpointFields['headers'] | undefined {
  if (headers !== undefined && !(isPlainObject(headers) && isTexts(Object.values(headers)))) {
    throw new RefusedRequest(400, 'advancedOptions.headers must be an object of texts');
  }
  return headers as EndpointFields['headers'] | undefined;
}

function readPayload(payload: unknown): PayloadFormat | undefined {
  if (payload === undefined) return undefined;
  const { format, urlThresholdBytes } = isPlainObject(payload) ? payload : {};
  const isSize =
    urlThresholdBytes === undefined || (Number.isInteger(urlThresholdBytes) && Number(urlThresholdBytes) >= 0);
  if ((format !== 'json' && format !== 'url') || !isSize) {
    throw new RefusedRequest(
      400,
      'advancedOptions.payload must have a format (json or url), and urlThresholdBytes or none',
    );
  }
  return { format, ...defined({ urlThresholdBytes: urlThresholdBytes as number | undefined }) };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
