import { describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { BatchStore } from '../../activities/batch/batch-store';
import { GroupLog, openDetails, type GroupDetails, type GroupOutcome } from '../../activities/bulk/group-log';
import { inLanes } from '../../activities/bulk/lanes';
import { Ledger } from '../../activities/bulk/ledger';

const group = { batchId: 'b', startId: 's', place: { directory: 'd', uri: 'mem:///d' }, group: 3 };

/** A store in memory. It fails as often as it is told. */
class MemoryStore implements BatchStore {
  readonly objects = new Map<string, unknown[]>();
  failures = 0;

  async write(name: string, values: Iterable<unknown>): Promise<string> {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the store is down');
    }
    this.objects.set(`mem:///${name}`, JSON.parse(JSON.stringify([...values])) as unknown[]);
    return `mem:///${name}`;
  }

  async *read(uri: string): AsyncGenerator<unknown, void> {
    yield* this.objects.get(uri) ?? [];
  }

  async readIfThere(uri: string): Promise<unknown[] | undefined> {
    return this.objects.get(uri);
  }

  async remove(uris: readonly string[]): Promise<void> {
    for (const uri of uris) this.objects.delete(uri);
  }
}

const outcome = (id: string): GroupOutcome => ({ status: 'cancelled', id, workflowId: `b/${id}` });
const line = (id: string) => ({ kind: 'outcome', outcome: outcome(id) }) as const;

/** Opens the log in an attempt of an activity, and acts on it. */
async function inAttempt<T>(
  store: BatchStore,
  { attempt, details, parts = [] }: { attempt: number; details?: Partial<GroupDetails>; parts?: readonly string[] },
  act: (log: GroupLog, details: GroupDetails) => Promise<T>,
): Promise<T> {
  const execution = { workflowId: 'b/group/s/3', runId: 'run' };
  const info = { attempt, activityId: '7', workflowExecution: execution, heartbeatDetails: details };
  return new MockActivityEnvironment(info).run<[], T, () => Promise<T>>(async () => {
    const opened = openDetails();
    return act(await GroupLog.open(store, { group, parts }, opened), opened);
  });
}

describe('GroupLog', () => {
  it('gives the lines of all parts to the next activity', async () => {
    const store = new MemoryStore();
    const parts = await inAttempt(store, { attempt: 1 }, async (log, details) => {
      await log.add(line('1'));
      await log.add({ kind: 'file', id: '2', fileId: 'file_2' });
      await log.add({ kind: 'again', id: '3', upTo: 4 });
      await log.flush();
      return details.parts;
    });
    expect(parts).toEqual(['run-7-1-1']);
    await inAttempt(store, { attempt: 1, parts }, async (log) => {
      expect([log.outcomeOf('1'), log.outcomeOf('2')]).toEqual([outcome('1'), undefined]);
      expect([log.fileOf('2'), log.wasOpened('2'), log.wasOpened('1')]).toEqual(['file_2', true, false]);
      expect([log.againUpTo('3'), log.againUpTo('1')]).toEqual([4, 0]);
      expect(log.newOutcomes).toEqual([]);
    });
  });

  it('finds the parts that the attempt before has written after its last heartbeat', async () => {
    const store = new MemoryStore();
    await inAttempt(store, { attempt: 1 }, async (log) => {
      for (const id of ['1', '2']) {
        await log.add(line(id));
        await log.flush();
      }
    });
    await inAttempt(store, { attempt: 2, details: { parts: ['run-7-1-1'] } }, async (log, details) => {
      expect(log.newOutcomes.map(({ id }) => id)).toEqual(['1', '2']);
      expect(details.parts).toEqual(['run-7-1-1', 'run-7-1-2']);
      await log.add(line('3'));
      await log.flush();
      expect(details.parts).toEqual(['run-7-1-1', 'run-7-1-2', 'run-7-2-1']);
    });
  });

  it('finds the parts of a killed attempt, although the next attempt did not read the log', async () => {
    const store = new MemoryStore();
    await inAttempt(store, { attempt: 1 }, async (log) => {
      await log.add(line('1'));
      await log.flush();
    });
    await inAttempt(store, { attempt: 3 }, async (log, details) => {
      expect(log.newOutcomes.map(({ id }) => id)).toEqual(['1']);
      expect(details).toMatchObject({ parts: ['run-7-1-1'], searchedUpTo: 2 });
    });
  });

  it('loses no line if the store fails', async () => {
    const store = new MemoryStore();
    await inAttempt(store, { attempt: 1 }, async (log, details) => {
      await log.add(line('1'));
      store.failures = 1;
      await expect(log.flush()).rejects.toThrow('the store is down');
      await log.add(line('2'));
      await log.flush();
      expect(details.parts).toEqual(['run-7-1-2']);
      expect(store.objects.get('mem:///d/groups/3/log/run-7-1-2.jsonl')).toEqual([line('1'), line('2')]);
    });
  });

  it('writes a part for each hundred lines, and keeps the first of two outcomes', async () => {
    const store = new MemoryStore();
    await inAttempt(store, { attempt: 1 }, async (log, details) => {
      for (let at = 0; at < 100; at += 1) await log.add(line(String(at)));
      expect(details.parts).toHaveLength(1);
      await log.add({ kind: 'outcome', outcome: { ...outcome('1'), workflowId: 'second' } });
      expect(log.outcomeOf('1')).toEqual(outcome('1'));
    });
  });
});

describe('Ledger', () => {
  const entry = { firstRunId: 's', submit: 1, atMs: 5, documents: { a: 'h' } };

  it('numbers its entries, and shows those that may have created runs', async () => {
    const store = new MemoryStore();
    const ledger = await Ledger.open(store, group.place, 3);
    const first = await ledger.add(entry);
    const second = await ledger.add({ ...entry, submit: 2 });
    await ledger.change(first, { isVoid: true });
    await ledger.change(second, { batchRunId: 'bpr_2' });
    const again = await Ledger.open(store, group.place, 3);
    expect(again.entries).toEqual([{ ...entry, submit: 2, number: 2, batchRunId: 'bpr_2' }]);
    expect([again.nextNumber, ledger.nextNumber]).toEqual([3, 3]);
    expect((await Ledger.open(store, group.place, 4)).entries).toEqual([]);
  });

  it('keeps the entry that another attempt has written', async () => {
    const store = new MemoryStore();
    const ledger = await Ledger.open(store, group.place, 3);
    const mine = await ledger.add({ ...entry, by: 'attempt 1' });
    const other = await (await Ledger.open(new MemoryStore(), group.place, 3)).add({ ...entry, by: 'attempt 2' });
    await ledger.checkOwn(mine);
    await store.write('d/groups/3/submits/1.jsonl', [other]);
    await expect(ledger.checkOwn(mine)).rejects.toThrow('another attempt has written');
    await expect(ledger.change(mine, { isVoid: true })).rejects.toThrow('another attempt has written');
    expect((await Ledger.open(store, group.place, 3)).entries).toMatchObject([{ by: 'attempt 2' }]);
  });

  it('adds no entry under a number that another attempt has used since', async () => {
    const store = new MemoryStore();
    const [one, other] = [await Ledger.open(store, group.place, 3), await Ledger.open(store, group.place, 3)];
    const first = await one.add(entry);
    await one.change(first, { batchRunId: 'bpr_1' });
    await expect(other.add(entry)).rejects.toThrow('another attempt has written');
    expect((await Ledger.open(store, group.place, 3)).entries).toMatchObject([{ batchRunId: 'bpr_1' }]);
  });

  it('keeps the batch that another attempt has found', async () => {
    const store = new MemoryStore();
    const ledger = await Ledger.open(store, group.place, 3);
    const lost = await ledger.add(entry);
    await (await Ledger.open(store, group.place, 3)).change(lost, { batchRunId: 'bpr_1', isAdopted: true });
    expect(await ledger.change(lost, { isGivenUp: true })).toMatchObject({ batchRunId: 'bpr_1' });
    expect((await Ledger.open(store, group.place, 3)).entries[0]).not.toHaveProperty('isGivenUp');
  });
});

describe('inLanes', () => {
  const run = <T>(act: () => Promise<T>) => new MockActivityEnvironment().run<[], T, () => Promise<T>>(act);

  it('works on a few items at a time, and on each once', async () => {
    let [now, most] = [0, 0];
    const done: number[] = [];
    await run(() =>
      inLanes([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        done.push(item);
        now -= 1;
      }),
    );
    expect([most, done.sort()]).toEqual([3, [1, 2, 3, 4, 5, 6, 7]]);
  });

  it('begins nothing after an error, and throws it when the items in work have ended', async () => {
    const done: number[] = [];
    const working = run(() =>
      inLanes([1, 2, 3, 4], 2, async (item) => {
        if (item === 1) throw new Error('the first fails');
        await new Promise((resolve) => setImmediate(resolve));
        done.push(item);
      }),
    );
    await expect(working).rejects.toThrow('the first fails');
    expect(done).toEqual([2]);
  });

  it('begins nothing once it may not go on', async () => {
    const done: number[] = [];
    await run(() =>
      inLanes(
        [1, 2, 3],
        1,
        async (item) => void done.push(item),
        () => done.length < 2,
      ),
    );
    expect(done).toEqual([1, 2]);
  });
});
