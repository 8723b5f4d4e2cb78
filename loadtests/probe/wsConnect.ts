import { type RawData, WebSocket } from 'ws';
import type { Reach } from '../../protocol/run.ts';
import { isBinaryProtocol, MAX_MESSAGE_BYTES, toBinary, toText } from '../session/binary.ts';
import type { Connection, ConnectRequest } from '../session/ports.ts';
import { secureOptions } from '../session/tls.ts';

/** Opens connections over the `ws` package: a library that neither the server nor the swarm uses. */
export function createWsConnect(nowUs: () => number, reach?: Reach): (request: ConnectRequest) => Connection {
  return ({ url, protocol, headers, handlers }) => {
    const socket = new WebSocket(url, protocol === '' ? [] : [protocol], {
      headers,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      ...(url.startsWith('wss:') && secureOptions(reach, new URL(url).host)),
    });
    socket.on('open', () => handlers.onOpen(nowUs()));
    socket.on('message', (data, isBinary) => {
      const readUs = nowUs();
      const text = isBinary ? textOf(data) : data.toString();
      if (text === undefined || isBinary !== isBinaryProtocol(protocol)) socket.terminate();
      else handlers.onMessage(text, readUs);
    });
    socket.on('error', () => undefined); // `close` follows, and tells it.
    socket.on('close', (code) => handlers.onClose(code, nowUs()));
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(isBinaryProtocol(protocol) ? toBinary(text) : text);
      },
      close: () => socket.close(1000),
      abort: () => socket.terminate(),
    };
  };
}

/** `ws` gives a message as one buffer unless it is told otherwise. */
function textOf(data: RawData): string | undefined {
  return Buffer.isBuffer(data) ? toText(data) : undefined;
}
