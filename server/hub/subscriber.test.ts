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
    const subscriber = new Subscriber({ outlet, dialect: native, voice, metrics, closeSlow: () => closes++ });
    const isSent = subscriber.send('x');
    const { framesOut, dropped } = metrics;
    expect({ isSent, framesOut, dropped, closes }).toEqual(expected);
  });
});
