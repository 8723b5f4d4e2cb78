import { describe, expect, it } from 'vitest';
import { SendResult } from '../../transport/types.ts';
import { readEntry } from '../dialects/entry.ts';
import { native } from '../dialects/native.ts';
import { ServerMetrics } from '../metrics.ts';
import { Subscriber } from './subscriber.ts';

describe('Subscriber', () => {
  it.each([
    [SendResult.SENT, { isSent: true, framesOut: 1, dropped: 0, closes: 0 }],
    [SendResult.QUEUED, { isSent: true, framesOut: 1, dropped: 0, closes: 0 }],
    [SendResult.DROPPED, { isSent: false, framesOut: 0, dropped: 1, closes: 1 }],
  ])('should treat the answer %i of the transport', (result, expected) => {
    const metrics = new ServerMetrics();
    metrics.close();
    let closes = 0;
    const nothing = () => undefined;
    const outlet = { isOpen: true, send: () => result, bufferedBytes: () => 0, join: nothing, leave: nothing };
    const voice = native.voiceOf(readEntry('/', { path: '/', query: '' }));
    const parts = { outlet, dialect: native, voice, metrics, mostBufferedBytes: 100 };
    const subscriber = new Subscriber({ ...parts, closeSlow: () => closes++ });
    const isSent = subscriber.send('x');
    const { framesOut, dropped } = metrics;
    expect({ isSent, framesOut, dropped, closes }).toEqual(expected);
  });

  it('should close a socket while the transport has room for the close frame still', () => {
    const metrics = new ServerMetrics();
    metrics.close();
    const nothing = () => undefined;
    let [sends, closes, buffered] = [0, 0, 0];
    const send = () => {
      sends++;
      buffered += 60;
      return SendResult.QUEUED;
    };
    const outlet = { isOpen: true, send, bufferedBytes: () => buffered, join: nothing, leave: nothing };
    const voice = native.voiceOf(readEntry('/', { path: '/', query: '' }));
    const parts = { outlet, dialect: native, voice, metrics, mostBufferedBytes: 100 };
    const subscriber = new Subscriber({ ...parts, closeSlow: () => closes++ });

    const sent = [1, 2, 3].map(() => subscriber.send('x'));

    expect({ sent, sends, closes, dropped: metrics.dropped }).toEqual({
      sent: [true, true, false],
      sends: 2,
      closes: 1,
      dropped: 1,
    });
  });
});
