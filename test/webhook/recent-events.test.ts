/** Risk tested here: an event that has reached no workflow counts as done, or the memory grows without limit. */
import { expect, it } from '@jest/globals';
import type { DeliveryEnd } from '../../webhook/delivery';
import { RecentEvents } from '../../webhook/recent-events';

const signalled: DeliveryEnd = { outcome: 'signalled', status: 200 };
const foreign: DeliveryEnd = { outcome: 'foreign', status: 200 };
const failing = () => Promise.reject(new Error('no answer'));

it('an event is delivered again until it was signalled', async () => {
  const recent = new RecentEvents();
  await expect(recent.once('a', failing)).rejects.toThrow('no answer');
  expect(await recent.once('a', async () => foreign)).toEqual(foreign);
  expect(await recent.once('a', async () => signalled)).toEqual(signalled);
  expect(await recent.once('a', failing)).toEqual({ outcome: 'repeated', status: 200 });
  expect(await recent.once('b', async () => signalled)).toEqual(signalled);
  for (let count = 0; count < 2; count += 1) {
    expect(await recent.once(undefined, async () => signalled)).toEqual(signalled);
  }
});

it('a delivery at the same time waits for the first one, and fails with it', async () => {
  const recent = new RecentEvents();
  const both = await Promise.allSettled([recent.once('a', failing), recent.once('a', async () => signalled)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

it('10,000 events are remembered, and then the oldest one is forgotten', async () => {
  const recent = new RecentEvents();
  for (let count = 0; count < 10_001; count += 1) await recent.once(`event_${count}`, async () => signalled);
  expect(await recent.once('event_1', async () => signalled)).toMatchObject({ outcome: 'repeated' });
  expect(await recent.once('event_0', async () => signalled)).toMatchObject({ outcome: 'signalled' });
});
