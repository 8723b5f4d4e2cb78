import { describe, expect, it } from 'vitest';
import { createWsConnect } from '../probe/wsConnect.ts';
import { startCutProxy } from '../proxy/cutProxy.ts';
import { createConnector } from '../swarm/socket.ts';
import type { ClientPorts, ConnectionHandlers } from './ports.ts';
import { rehearse } from './rehearse.ts';

const nowUs = (): number => Math.floor(performance.now() * 1_000);

/** A busy machine needs longer than a run would wait. */
const longestMs = 60_000;

/** Counts what a generator's own way of connecting hands on: ticker frames read quickly, other messages, ends. */
function counting(connect: ClientPorts['connect']) {
  const counts = { tickers: 0, messages: 0, closes: 0 };
  const counted: ClientPorts['connect'] = (request) => {
    const handlers: ConnectionHandlers = {
      ...request.handlers,
      onTicker: (fields, atUs) => {
        counts.tickers += 1;
        request.handlers.onTicker(fields, atUs);
      },
      onMessage: (text, atUs) => {
        counts.messages += 1;
        request.handlers.onMessage(text, atUs);
      },
      onClose: (code, atUs) => {
        counts.closes += 1;
        request.handlers.onClose(code, atUs);
      },
    };
    return connect({ ...request, handlers });
  };
  return { counts, connect: counted };
}

describe('rehearse', () => {
  it("should lead the swarm's quick path through thousands of frames", async () => {
    const { counts, connect } = counting(createConnector(nowUs));
    await rehearse({ nowUs, connect, longestMs });
    expect(counts.tickers).toBeGreaterThan(1_000);
  });

  it("should lead the probe's path through thousands of messages", async () => {
    const { counts, connect } = counting(createWsConnect(nowUs));
    await rehearse({ nowUs, connect, longestMs });
    expect(counts.messages).toBeGreaterThan(1_000);
  });

  it('should lead them through what is put between, and end that', async () => {
    const { counts, connect } = counting(createConnector(nowUs));
    let ended = 0;
    await rehearse({
      nowUs,
      connect,
      longestMs,
      through: async (port) => {
        const proxy = await startCutProxy({ targetHost: '127.0.0.1', targetPort: port, nowUs });
        const close = async (): Promise<void> => {
          await proxy.close();
          ended += 1;
        };
        return { port: proxy.port, close };
      },
    });
    expect(counts.tickers).toBeGreaterThan(1_000);
    expect(ended).toBe(1);
  });

  it('should end when nothing is read', async () => {
    const deaf: ClientPorts['connect'] = () => ({
      send: () => undefined,
      close: () => undefined,
      abort: () => undefined,
    });
    const startedUs = nowUs();
    await rehearse({ nowUs, connect: deaf });
    expect(nowUs() - startedUs).toBeGreaterThanOrEqual(490_000);
  });
});
