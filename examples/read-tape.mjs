// Reads a tape with nothing but docs/tape-format.md in hand: node examples/read-tape.mjs FILE [COUNT]
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const [path, count = '5'] = process.argv.slice(2);
if (path === undefined) throw new Error('name a tape: node examples/read-tape.mjs FILE [COUNT]');
const file = openSync(path, 'r');

/** Bytes of the file, held against the checksum that was noted for them. */
function take(offset, length, checksum) {
  const bytes = Buffer.alloc(length);
  if (readSync(file, bytes, 0, length, offset) !== length) throw new Error(`${path} is truncated`);
  if (checksum !== undefined && sum(bytes) !== checksum) throw new Error(`${path} is altered at byte ${offset}`);
  return bytes;
}

function sum(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function u64(bytes, at) {
  return Number(bytes.readBigUInt64LE(at));
}

/** Reads one column of a block, number by number. */
class Column {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  varint() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** A difference that may be negative: 0, -1, 1, -2, 2 are stored as 0, 1, 2, 3, 4; sums wrap at 32 bits. */
  after(previous) {
    const coded = this.varint();
    return (previous + (coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2)) | 0;
  }

  size() {
    const coded = this.varint();
    return coded % 2 === 1 ? ((coded - 1) / 2) * 100 : coded / 2;
  }
}

/** The events of one block; prices in ticks, sizes in lots. */
function* events(block) {
  const length = block.readUInt32LE(0);
  let at = 40;
  const columns = Array.from({ length: 7 }, (_, column) => {
    const bytes = block.subarray(at, at + block.readUInt32LE(4 + 4 * column));
    at += bytes.length;
    return new Column(bytes);
  });
  const [time, symbols, prices, spreads, sizes, askSizes, flags] = columns;
  const lastPrice = new Map();
  let timeUs = u64(block, 32);
  for (let index = 0; index < length; index++) {
    timeUs += time.varint();
    const coded = symbols.varint();
    const symbol = Math.floor(coded / 2);
    const price = prices.after(lastPrice.get(symbol) ?? 0);
    lastPrice.set(symbol, price);
    const event = { timeUs, symbol, price, size: sizes.size(), flags: flags.bytes[index] ?? 0 };
    yield coded % 2 === 0 ? event : { ...event, ask: spreads.after(price), askSize: askSizes.size() };
  }
}

const prelude = take(0, 72);
if (prelude.toString('latin1', 0, 8) !== 'TAPEDECK') throw new Error(`${path} is no tape`);
if (prelude.readUInt32LE(8) !== 1) throw new Error(`${path} has format version ${prelude.readUInt32LE(8)}, not 1`);
if (sum(prelude.subarray(0, 64)) !== prelude.toString('hex', 64)) throw new Error(`${path} is altered at its start`);
const blocks = prelude.readUInt32LE(32);
const index = take(u64(prelude, 24), blocks * 40, prelude.toString('hex', 48, 56));
const json = take(u64(prelude, 40), prelude.readUInt32LE(36), prelude.toString('hex', 56, 64));
const { instruments } = JSON.parse(json.toString('utf8'));

let seen = 0;
for (let entry = 0; entry < index.length; entry += 40) {
  const block = take(u64(index, entry), index.readUInt32LE(entry + 24), index.toString('hex', entry + 32, entry + 40));
  for (const { timeUs, symbol, price, size, ask, askSize, flags } of events(block)) {
    if (seen++ >= Number(count)) continue;
    const { symbol: name, priceDecimals, quantityDecimals } = instruments[symbol];
    const text = (units, decimals) => (units / 10 ** decimals).toFixed(decimals);
    const shown = [price, ask].filter((ticks) => ticks !== undefined).map((ticks) => text(ticks, priceDecimals));
    const sizes = [size, askSize].filter((lots) => lots !== undefined).map((lots) => text(lots, quantityDecimals));
    console.log(timeUs, name, ask === undefined ? 'trade' : 'quote', shown.join('/'), sizes.join('/'), flags);
  }
}
console.log(`${seen} events`);
closeSync(file);
