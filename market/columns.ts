/** Changes when the layout of a saved state does. */
const VERSION = 1;
const HEADER_BYTES = 8;

/** Copies columns one behind the other, with a version and their number in front. */
export function saveColumns(columns: readonly ArrayBufferView[]): Uint8Array {
  const saved = new Uint8Array(lengthOf(columns));
  const header = new DataView(saved.buffer);
  header.setUint32(0, VERSION);
  header.setUint32(4, columns.length);
  let offset = HEADER_BYTES;
  for (const column of columns) {
    saved.set(bytesOf(column), offset);
    offset += column.byteLength;
  }
  return saved;
}

/** Fills columns from what {@link saveColumns} made of the same ones. @throws RangeError when it was made of others; they stay as they are */
export function loadColumns(columns: readonly ArrayBufferView[], saved: Uint8Array): void {
  const header = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
  const fits = saved.byteLength === lengthOf(columns) && header.getUint32(0) === VERSION;
  if (!fits || header.getUint32(4) !== columns.length) {
    throw new RangeError(
      `the saved state doesn't fit: it has ${saved.byteLength} bytes, here are ${lengthOf(columns)} (version ${VERSION})`,
    );
  }
  let offset = HEADER_BYTES;
  for (const column of columns) {
    bytesOf(column).set(saved.subarray(offset, offset + column.byteLength));
    offset += column.byteLength;
  }
}

function lengthOf(columns: readonly ArrayBufferView[]): number {
  return columns.reduce((sum, column) => sum + column.byteLength, HEADER_BYTES);
}

function bytesOf(column: ArrayBufferView): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}
