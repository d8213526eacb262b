/** A frame of iotupd, field by field, written from the table of layouts in docs/interworking.md alone. */
export interface SlowFrame {
  readonly frameBytes: number;
  readonly sequence: number;
  readonly size: bigint;
  readonly offset: bigint;
  readonly length: bigint;
  readonly hash: Buffer;
  readonly data: Buffer;
}

export function slowFrame(
  { frameBytes, sequence, size, offset, length, hash, data }: SlowFrame,
  isBig = false,
): Buffer {
  const u16 = (value: number) => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(value);
    return bytes;
  };
  const u64 = (value: bigint, big: boolean) => {
    const bytes = Buffer.alloc(8);
    if (big) bytes.writeBigUInt64BE(value);
    else bytes.writeBigUInt64LE(value);
    return bytes;
  };
  const room = Buffer.alloc(1194);
  data.copy(room);
  if (frameBytes === 1246) {
    return Buffer.concat([u16(sequence), u64(size, true), u64(offset, true), u16(Number(length)), hash, room]);
  }
  const first = frameBytes === 1251 ? Buffer.from([0]) : u16(sequence);
  return Buffer.concat([first, u64(size, isBig), u64(offset, isBig), u64(length, isBig), hash, room]);
}
