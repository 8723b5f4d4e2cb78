import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frameReader.ts';

const MAX_PAYLOAD_BYTES = 70_000;

/** A server's frame as bytes. */
function frame(opcode: number, payload: Buffer, isLast = true): Buffer {
  const length = payload.length;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = (isLast ? 0x80 : 0) | opcode;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** What a reader tells of these chunks. */
function read(chunks: readonly Buffer[]): string[] {
  const told: string[] = [];
  const reader = new FrameReader(
    {
      onText: (bytes, start, end) => told.push(`text ${bytes.toString('utf8', start, end)}`),
      onBinary: (bytes, start, end) => told.push(`binary ${bytes.toString('hex', start, end)}`),
      onPing: (bytes, start, end) => told.push(`ping ${bytes.toString('hex', start, end)}`),
      onClose: (code, reason) => told.push(`close ${code} ${reason}`.trim()),
      onBroken: (reason) => told.push(`broken ${reason}`),
    },
    { maxPayloadBytes: MAX_PAYLOAD_BYTES },
  );
  for (const chunk of chunks) {
    // A generator's sockets share one buffer: what a reader keeps of it must be a copy.
    const shared = Buffer.from(chunk);
    reader.push(shared, 0, shared.length);
    shared.fill(0xff);
  }
  return told;
}

const payload = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_500, max: 66_000 }).map((length) => 'x'.repeat(length)) },
);
/** One message as its frames (text, whole or in fragments with a ping between them; or a ping) and what must be told. */
const message = fc.oneof(
  payload.map((text) => ({ bytes: frame(1, Buffer.from(text)), told: [`text ${text}`] })),
  fc.uint8Array({ maxLength: 125 }).map((data) => ({
    bytes: frame(9, Buffer.from(data)),
    told: [`ping ${Buffer.from(data).toString('hex')}`],
  })),
  fc.tuple(fc.string({ maxLength: 40 }), fc.string({ maxLength: 200 })).map(([first, second]) => ({
    bytes: Buffer.concat([
      frame(1, Buffer.from(first), false),
      frame(9, Buffer.alloc(0)),
      frame(0, Buffer.alloc(0), false),
      frame(0, Buffer.from(second)),
    ]),
    told: ['ping ', `text ${first}${second}`],
  })),
);

describe('FrameReader', () => {
  test.prop([fc.array(message, { maxLength: 8 }), fc.array(fc.nat(1_000), { maxLength: 30 })])(
    'should tell the same frames however the bytes are cut',
    (messages, cuts) => {
      const bytes = Buffer.concat(messages.map((one) => one.bytes));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(at, at + cut));
        at = Math.min(bytes.length, at + cut);
      }
      chunks.push(bytes.subarray(at));
      expect(read(chunks)).toEqual(messages.flatMap((one) => one.told));
    },
  );

  it('should read byte by byte', () => {
    const bytes = Buffer.concat([frame(1, Buffer.from('ü'.repeat(100))), frame(8, Buffer.from([0x0f, 0xa1]))]);
    expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual([`text ${'ü'.repeat(100)}`, 'close 4001']);
  });

  test.prop([fc.uint8Array({ maxLength: 300 })])('should never throw on any bytes', (bytes) => {
    expect(() => read([Buffer.from(bytes)])).not.toThrow();
  });

  it('should tell what breaks the rules, and nothing after it', () => {
    const text = frame(1, Buffer.from('never'));
    const broken = (bytes: Buffer) => read([Buffer.concat([bytes, text])]);
    expect(broken(Buffer.from([0xc1, 0x00]))).toEqual(['broken reserved bits are set']);
    expect(broken(Buffer.from([0x81, 0x80, 0, 0, 0, 0]))).toEqual(['broken a server must not mask']);
    expect(broken(frame(9, Buffer.alloc(126)))).toEqual(['broken a control frame over 125 bytes']);
    expect(broken(frame(9, Buffer.alloc(1), false))).toEqual(['broken a control frame in fragments']);
    expect(broken(frame(0, Buffer.alloc(1)))).toEqual(['broken a continuation of nothing']);
    expect(broken(frame(3, Buffer.alloc(1)))).toEqual(['broken opcode 3']);
    expect(broken(frame(1, Buffer.alloc(MAX_PAYLOAD_BYTES + 1)))).toEqual(['broken a frame of 70001 bytes']);
    const half = Buffer.alloc(MAX_PAYLOAD_BYTES - 1);
    expect(broken(Buffer.concat([frame(1, half, false), frame(0, half)]))).toEqual([
      'broken a message of 139998 bytes',
    ]);
    expect(broken(Buffer.concat([frame(1, half, false)]))).toEqual(['broken a new message inside another']);
  });

  it('should tell a close without a code as 1005, and nothing after it', () => {
    expect(read([Buffer.concat([frame(8, Buffer.alloc(0)), frame(1, Buffer.from('late'))])])).toEqual(['close 1005']);
  });
});
