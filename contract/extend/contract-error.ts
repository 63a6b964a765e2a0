/** Error of a body that is JSON and breaks the contract. The message names the first wrong fields. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}
