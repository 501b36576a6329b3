/** A 16x8 baseline JPEG (4:4:4): left half bright red, right half dark, upper half greener than the lower. */
export const tinyJpeg = Buffer.from(
  '/9j/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/2wBDAQMDAwQDBAgE' +
    'BAgQCwkLEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBD/wAARCAAIABADAREAAhEBAxEB/8QAFQABAQAA' +
    'AAAAAAAAAAAAAAAABwj/xAAeEAABAgcBAAAAAAAAAAAAAAARATEYI0FHYWWjUf/EABYBAQEBAAAAAAAAAAAAAAAAAAcICf/EACYRAAEBAw0BAAAA' +
    'AAAAAAAAABESExdEAQIiJTFBQ1FhYmOCo+P/2gAMAwEAAhEDEQA/AGqMoW4A3AHBA2GoJZw7NEUBsAHeYAjjSzwWNX0454xvn9Jc9bbzTkiMsW4A' +
    '3AHBPMNQS2Z2aIoDYAO8wBHGlngsavzMc8Y3z+kuett5p//Z',
  'base64',
);

/** The same picture as lossless WebP. */
export const tinyWebp = Buffer.from(
  'UklGRlwAAABXRUJQVlA4TE8AAAAvD8ABAD9AkG1TtoEf50xCAsIO/7cZIQkEknDGHnX+45cEAiMDYWBN21agzwwyyCCDDDIYg/EXSGGfiP4TTNJU' +
    '2zF/9VWjmtX7Di42Fp4HAA==',
  'base64',
);

/** A TIFF block whose only entry is the orientation, or whose directory points at itself with `loop`. */
export function exifBlock(orientation: number, loop = false): Buffer {
  const block = Buffer.alloc(26);
  block.write('II*\0', 'latin1');
  block.writeUInt32LE(8, 4);
  block.writeUInt16LE(1, 8);
  block.writeUInt16LE(0x0112, 10);
  block.writeUInt16LE(3, 12);
  block.writeUInt32LE(1, 14);
  block.writeUInt16LE(orientation, 18);
  block.writeUInt32LE(loop ? 8 : 0, 22);
  return block;
}

/** `tinyJpeg` with an EXIF segment. */
export function jpegWithExif(block: Uint8Array): Buffer {
  const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), block]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([tinyJpeg.subarray(0, 2), head, content, tinyJpeg.subarray(2)]);
}
