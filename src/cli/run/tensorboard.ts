import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import type { Picture } from '../../model/picture.ts';
import { fileError } from '../errors.ts';
import { encodePng } from '../images/png.ts';

/** The part of TensorFlow's event.proto and summary.proto that scalars and pictures need. */
const Event = protobuf
  .parse(
    `syntax="proto3"; package tensorboard;
    message Event { double wall_time=1; int64 step=2;
      oneof what { string file_version=3; Summary summary=5; SessionLog session_log=7; } }
    message SessionLog { int32 status=1; }
    message Summary {
      message Image { int32 height=1; int32 width=2; int32 colorspace=3; bytes encoded_image_string=4; }
      message Value { string tag=1; oneof value { float simple_value=2; Image image=4; } }
      repeated Value value=1; }`,
    { keepCase: true },
  )
  .root.lookupType('tensorboard.Event');
const RGB = 3;
const SESSION_START = 1;

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli) as an unsigned number; of "123456789" it is e3069283. */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A TFRecord of one event: u64 length, masked CRC of it, data, masked CRC of them. */
function record(event: object): Buffer {
  const data = Event.encode(Event.fromObject({ wall_time: Date.now() / 1000, ...event })).finish();
  const out = Buffer.alloc(data.length + 16);
  out.writeBigUInt64LE(BigInt(data.length));
  out.writeUInt32LE(masked(crc32c(out.subarray(0, 8))), 8);
  out.set(data, 12);
  out.writeUInt32LE(masked(crc32c(data)), 12 + data.length);
  return out;
}

/** An open TensorBoard event file. */
export interface EventFile {
  readonly path: string;
  /** Values by tag, such as `loss/G`. */
  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void>;
  picture(step: number, tag: string, picture: Picture): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a new event file in `folder` for a run that goes on after `step`; viewers drop what earlier files of the
 * folder hold beyond that step.
 * @throws UserError naming the file.
 */
export async function openEventFile(folder: string, step: number): Promise<EventFile> {
  const seconds = Math.floor(Date.now() / 1000);
  const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.0`);
  const attempt = <T>(work: Promise<T>) => {
    return work.catch((error) => {
      throw fileError(path, 'write it', error);
    });
  };
  const file: FileHandle = await attempt(open(path, 'a'));
  const write = (event: object) => attempt(file.appendFile(record(event)));
  const values = (at: number, value: object[]) => write({ step: at, summary: { value } });
  try {
    await write({ file_version: 'brain.Event:2' });
    if (step > 0) await write({ step: step + 1, session_log: { status: SESSION_START } });
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
  return {
    path,
    scalars: (at, scalars) =>
      values(
        at,
        Object.entries(scalars).map(([tag, value]) => ({ tag, simple_value: value })),
      ),
    picture(at, tag, picture) {
      const { width, height } = picture;
      const image = { width, height, colorspace: RGB, encoded_image_string: encodePng(picture) };
      return values(at, [{ tag, image }]);
    },
    close: () => attempt(file.close()),
  };
}
