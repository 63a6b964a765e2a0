import type { ApiVersion } from '../../contract/extend/parse-api';

/** Versions of the API that the emulator speaks, the older one first. */
export const SERVED_VERSIONS: readonly ApiVersion[] = ['2025-04-21', '2026-02-09'];

/** Version in whose form a request without a known version is answered. */
export const FALLBACK_VERSION: ApiVersion = '2025-04-21';
