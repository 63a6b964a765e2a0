import type { ApiVersion } from '../../contract/extend/parse-api';
import type { Answers } from './answers';
import { ANSWERS_2025_04_21 } from './answers-2025-04-21';
import { ANSWERS_2026_02_09 } from './answers-2026-02-09';
import { jsonResponse, type EmulatorResponse } from './emulator-response';
import type { RefusedRequest } from './refused-request';

const ANSWERS: Readonly<Record<ApiVersion, Answers>> = {
  '2025-04-21': ANSWERS_2025_04_21,
  '2026-02-09': ANSWERS_2026_02_09,
};

/** Returns the form of the answers of that version. */
export function answersOf(apiVersion: ApiVersion): Answers {
  return ANSWERS[apiVersion];
}

/** Returns the response that carries a refusal, in the form of that version. */
export function refusalResponse(refused: RefusedRequest, apiVersion: ApiVersion): EmulatorResponse {
  const response = jsonResponse(refused.status, answersOf(apiVersion).refusal(refused));
  return { ...response, headers: { ...response.headers, ...refused.headers } };
}

/** Creates the response 500, for a request during which the emulator itself failed. */
export function failureResponse(apiVersion: ApiVersion): EmulatorResponse {
  const message = 'The emulator failed; see its standard error';
  return jsonResponse(500, answersOf(apiVersion).refusal({ status: 500, message }));
}
