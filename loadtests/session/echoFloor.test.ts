import { describe, expect, it } from 'vitest';
import { createWsConnect } from '../probe/wsConnect.ts';
import { createConnector } from '../swarm/socket.ts';
import { measureFloor } from './echoFloor.ts';

const nowUs = (): number => performance.now() * 1000;

describe('measureFloor', () => {
  it.each([
    ['the swarm', createConnector(nowUs)],
    ['the probes', createWsConnect(nowUs)],
  ])('should time round trips through the sockets of %s, or say that there was no time', async (_, connect) => {
    const floorUs = await measureFloor({ nowUs, connect });
    if (floorUs !== undefined) expect(floorUs).toBeGreaterThan(5);
  });

  it('should give up when nobody answers', async () => {
    const connect = (): { send: () => void; close: () => void; abort: () => void } => ({
      send: () => undefined,
      close: () => undefined,
      abort: () => undefined,
    });
    expect(await measureFloor({ nowUs, connect })).toBeUndefined();
  });
});
