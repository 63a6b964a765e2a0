import type { DeliveryEnd } from './delivery';

/** Largest number of events that are remembered. The oldest ones are forgotten. */
const MAX_EVENTS = 10_000;

/**
 * The events that were signalled lately, by a key. An event that is delivered again, by Extend or by a person who has
 * captured it, then adds no second signal to the history of its workflow.
 */
export class RecentEvents {
  readonly #ends = new Map<string, Promise<DeliveryEnd>>();

  /**
   * Delivers an event, unless it was signalled before or is being delivered: then the end is `repeated`. An event that
   * has not reached a workflow is forgotten, so that it may come again.
   */
  async once(key: string | undefined, deliver: () => Promise<DeliveryEnd>): Promise<DeliveryEnd> {
    if (key === undefined) return deliver();
    const before = this.#ends.get(key);
    if (before !== undefined) {
      const end = await before;
      return end.outcome === 'signalled' ? { outcome: 'repeated', status: 200 } : end;
    }
    const delivering = deliver();
    this.#remember(key, delivering);
    const isSignalled = await delivering.then(
      ({ outcome }) => outcome === 'signalled',
      () => false,
    );
    if (!isSignalled) this.#ends.delete(key);
    return delivering;
  }

  #remember(key: string, end: Promise<DeliveryEnd>): void {
    const [oldest] = this.#ends.keys();
    if (this.#ends.size >= MAX_EVENTS && oldest !== undefined) this.#ends.delete(oldest);
    this.#ends.set(key, end);
  }
}
