import { describe, expect, it } from '@jest/globals';
import { Wake } from '../../workflows/wake';

const NOW_MS = 1_700_000_000_000;

describe('A wake', () => {
  it('remembers a request until a poll begins', () => {
    const wake = new Wake();
    expect(wake.isPending).toBe(false);
    wake.request();
    wake.request();
    expect(wake.isPending).toBe(true);
    wake.consume(NOW_MS);
    expect(wake.isPending).toBe(false);
  });

  it('permits the first early poll at once, and the next early poll five seconds later', () => {
    const wake = new Wake();
    wake.request();
    expect(wake.restMs(NOW_MS)).toBe(0);
    wake.consume(NOW_MS);
    wake.request();
    expect(wake.restMs(NOW_MS)).toBe(5_000);
    expect(wake.restMs(NOW_MS + 1_200)).toBe(3_800);
    expect(wake.restMs(NOW_MS + 5_000)).toBe(0);
    expect(wake.restMs(NOW_MS + 60_000)).toBe(0);
  });

  it('does not count polls that were not requested', () => {
    const wake = new Wake();
    wake.consume(NOW_MS);
    wake.request();
    expect(wake.restMs(NOW_MS + 1)).toBe(0);
    expect(new Wake().state).toEqual({ pending: false });
  });

  it('is carried unchanged', () => {
    const wake = new Wake();
    wake.request();
    wake.consume(NOW_MS);
    wake.request();
    expect(wake.state).toEqual({ pending: true, lastWokenMs: NOW_MS });
    const carried = new Wake(JSON.parse(JSON.stringify(wake.state)) as typeof wake.state);
    expect(carried.isPending).toBe(true);
    expect(carried.restMs(NOW_MS + 1_000)).toBe(4_000);
  });

  it('carries the last five run ids that requests have named, until a run is known', () => {
    const wake = new Wake();
    for (const at of [1, 2, 3, 4, 5, 5, 6]) wake.request({ runId: `pr_named_${at}` });
    const carried = new Wake(JSON.parse(JSON.stringify(wake.state)) as typeof wake.state);
    expect(carried.named).toEqual([2, 3, 4, 5, 6].map((at) => `pr_named_${at}`));
    carried.follow('pr_named_4');
    expect([carried.named, carried.state]).toEqual([[], { pending: true }]);
  });

  it('knows a second early poll until it begins, or until another request comes', () => {
    const wake = new Wake();
    wake.requestSecond();
    expect([wake.isPending, wake.isSecond]).toEqual([true, true]);
    wake.request();
    expect([wake.isPending, wake.isSecond]).toEqual([true, false]);
    wake.requestSecond();
    wake.consume(NOW_MS);
    expect([wake.isPending, wake.isSecond]).toEqual([false, false]);
  });

  it('ignores a request that names the run of another parse of the workflow, and no other request', () => {
    const [one, other] = [new Wake(), new Wake()];
    const request = (notice?: { runId?: string }) => {
      for (const wake of [one, other]) wake.request(notice);
      const pending = [one, other].map(({ isPending }) => isPending);
      for (const wake of [one, other]) wake.consume(NOW_MS);
      return pending;
    };
    expect(request({ runId: 'pr_one' })).toEqual([true, true]);
    one.follow('pr_one');
    expect(request({ runId: 'pr_one' })).toEqual([true, false]);
    other.follow('pr_other');
    expect(request({ runId: 'pr_other' })).toEqual([false, true]);
    for (const notice of [undefined, {}, { runId: 'pr_of_another_workflow' }]) {
      expect(request(notice)).toEqual([true, true]);
    }
  });

  it('wakes two parses that wait for one run', () => {
    const [one, other] = [new Wake(), new Wake()];
    for (const wake of [one, other]) wake.follow('pr_of_both');
    for (const wake of [one, other]) wake.request({ runId: 'pr_of_both' });
    expect([one, other].map(({ isPending }) => isPending)).toEqual([true, true]);
  });
});
