import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../virtualTime.ts';
import { Inbox } from './inbox.ts';

const MS_US = 1_000;

/** An inbox whose messages take a ms each to read. */
function slowInbox() {
  const time = new VirtualTime(0);
  const inbox = new Inbox({ nowUs: time.nowUs, timers: time.timers });
  const seen: string[] = [];
  const read = (text: string): void => {
    time.stall(MS_US);
    seen.push(text);
  };
  return {
    time,
    seen,
    send: (sender: { readonly isOpen: boolean }, text: string) => inbox.take({ sender, text, read }),
  };
}

describe('an inbox', () => {
  it('should read some ms of messages in a turn, the others in order in the next ones', () => {
    const { time, seen, send } = slowInbox();
    const [flooder, other] = [{ isOpen: true }, { isOpen: true }];
    for (let at = 0; at < 25; at++) expect(send(flooder, `f${at}`)).toBe(true);
    send(other, 'other');
    expect(seen).toHaveLength(10);
    time.step();
    expect(seen).toHaveLength(20);
    send(other, 'later');
    time.step();
    expect(seen.slice(20)).toEqual(['f20', 'f21', 'f22', 'f23', 'f24', 'other', 'later']);
    time.step();
    expect(time.step()).toBe(false);
  });

  it('should let a bounded amount of each sender wait, and count no more what has been read', () => {
    const { time, send } = slowInbox();
    const [flooder, other] = [{ isOpen: true }, { isOpen: true }];
    for (let at = 0; at < 10; at++) send(other, 'now');
    const large = 'x'.repeat(1_200_000);
    expect([1, 2, 3, 4].map(() => send(flooder, large))).toEqual([true, true, true, false]);
    expect(send(other, large)).toBe(true);
    time.step();
    expect(send(flooder, large)).toBe(true);
    const small = { isOpen: true };
    let count = 0;
    while (send(small, '')) count++;
    expect(count).toBeLessThan(70_000);
  });

  it('should read nothing more of who has gone', () => {
    const { time, seen, send } = slowInbox();
    const sender = { isOpen: true };
    for (let at = 0; at < 12; at++) send(sender, 'x');
    sender.isOpen = false;
    time.step();
    expect(seen).toHaveLength(10);
  });
});
