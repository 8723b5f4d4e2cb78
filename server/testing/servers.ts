import type { Received, StreamClient } from './streamClient.ts';
import { TestServer } from './testServer.ts';

/** Lets the tests of a file start servers, which are stopped after each test. To be called once, at the file's top. @param afterEach vitest's */
export function testServers(
  afterEach: (stop: () => Promise<void>) => void,
): (options?: Parameters<typeof TestServer.start>[0]) => Promise<TestServer> {
  const servers: TestServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  return async (options = {}) => {
    const server = await TestServer.start(options);
    servers.push(server);
    return server;
  };
}

/** The numbers of frames. */
export function seqs(frames: readonly Received[]): unknown[] {
  return frames.map((frame) => frame['seq']);
}

/** The ticker frames of a symbol that came so far. */
export function tickers(client: StreamClient, symbol: string): Received[] {
  return client.of('ticker').filter((frame) => frame['symbol'] === symbol);
}
