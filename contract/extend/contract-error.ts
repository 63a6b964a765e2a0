/** A body that is JSON but not what the contract promises. The message names the first wrong fields. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}
