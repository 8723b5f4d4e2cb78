/** Changes when the layout of the state does. */
const VERSION = 1;
const HEADER_BYTES = 8;

/** Copies columns one behind the other, with a version and the total length in front. */
export function saveColumns(columns: readonly ArrayBufferView[]): Uint8Array {
  const saved = new Uint8Array(lengthOf(columns));
  new DataView(saved.buffer).setUint32(0, VERSION);
  new DataView(saved.buffer).setUint32(4, columns.length);
  let offset = HEADER_BYTES;
  for (const column of columns) {
    saved.set(bytesOf(column), offset);
    offset += column.byteLength;
  }
  return saved;
}

/** Fills columns from what {@link saveColumns} made. @throws RangeError when it was made of others; they stay as they are */
export function loadColumns(columns: readonly ArrayBufferView[], saved: Uint8Array): void {
  const header = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
  if (saved.byteLength !== lengthOf(columns) || header.getUint32(0) !== VERSION) {
    throw new RangeError(
      `saved pattern state doesn't fit: ${saved.byteLength} bytes, this engine's has ${lengthOf(columns)} (version ${VERSION})`,
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
