import { type RawData, WebSocket } from 'ws';
import type { Reach } from '../../protocol/serverUnderTest.ts';
import { isBinaryProtocol, MAX_MESSAGE_BYTES, toBinary, toText } from '../session/binary.ts';
import { ABNORMAL_CLOSE, type Connection, type ConnectRequest, told } from '../session/ports.ts';
import { secureOptions } from '../session/tls.ts';

/** Opens connections over the `ws` package: a library that neither the server nor the swarm uses. */
export function createWsConnect(nowUs: () => number, reach?: Reach): (request: ConnectRequest) => Connection {
  return ({ url, protocol, hasTextInBinary = false, headers, handlers }) => {
    const isBinaryAgreed = isBinaryProtocol(protocol);
    let brokenBy = '';
    let why = '';
    const socket = new WebSocket(url, protocol === '' ? [] : [protocol], {
      headers,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      ...(url.startsWith('wss:') && secureOptions(reach, new URL(url).host)),
    });
    socket.on('open', () => handlers.onOpen(nowUs()));
    socket.on('message', (data, isBinary) => {
      const readUs = nowUs();
      if (brokenBy !== '') return;
      const isText = !isBinaryAgreed && (!isBinary || hasTextInBinary);
      const text = isText ? data.toString() : isBinary && isBinaryAgreed ? textOf(data) : undefined;
      if (text !== undefined) handlers.onMessage(text, readUs);
      else {
        brokenBy = `a message that is no ${isBinaryAgreed ? 'plain MessagePack' : 'text'}`;
        socket.terminate();
      }
    });
    socket.on('error', ({ message }) => {
      why = message; // `close` follows, and tells it.
    });
    socket.on('close', (code, reason) => {
      if (brokenBy === '') handlers.onClose(code, nowUs(), told(why || reason.toString()));
      else handlers.onClose(ABNORMAL_CLOSE, nowUs(), brokenBy);
    });
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(isBinaryAgreed ? toBinary(text) : text);
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
