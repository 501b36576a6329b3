/** The picture formats e2gan reads; chosen by content, never by the file's extension. */
export type PictureFormat = 'png' | 'jpeg' | 'webp' | 'AVIF' | 'TIFF';

const READ: readonly (readonly [PictureFormat, RegExp])[] = [
  ['png', /^\x89PNG\r\n/],
  ['jpeg', /^\xff\xd8\xff/],
  ['webp', /^RIFF.{4}WEBP/s],
  ['AVIF', /^.{4}ftypavi[fs]/s],
  ['TIFF', /^(II\*\0|MM\0\*)/],
];

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['a GIF', /^GIF8/],
  ['an HTML page', /^\s*(<!--.*-->\s*)?<(!doctype html|html|head|body|script)/is],
  ['an SVG drawing', /^\s*<([?!].*<)?svg[\s>]/is],
  ['an XML text', /^\s*<\?xml/],
  ['a Git LFS pointer (run git lfs pull)', /^version https:\/\/git-lfs/],
  ['a JSON text', /^\s*[{[]/],
  ['a HEIC picture', /^.{4}ftyp(hei|mif1|msf1|hev)/s],
  ['a JPEG XL picture', /^(\xff\n|.{4}JXL )/s],
  ['a JPEG 2000 picture', /^.{4}jP {2}/s],
  ['a video', /^(.{4}ftyp|.E\xdf\xa3)/s],
  ['a BMP picture', /^BM.{4}\0\0\0\0/s],
  ['a Photoshop file', /^8BPS/],
  ['a PDF', /^%PDF/],
  ['a zip archive', /^PK[^ -~]{2}/],
  ['gzip data', /^[^ -~]\x8b/],
];

const SNIFFED_BYTES = 1024;
const REMEDY = 'PNG, JPEG, WebP, AVIF and TIFF are read';

/** The format of a picture file by its first bytes. @throws Error that says what the file is instead. */
export function sniffFormat(bytes: Uint8Array): PictureFormat {
  if (bytes.length === 0) throw new Error('the file is empty (0 bytes)');
  const head = Buffer.from(bytes.subarray(0, SNIFFED_BYTES)).toString('latin1');
  const format = READ.find(([, signature]) => signature.test(head));
  if (format) return format[0];
  throw new Error(`this is ${whatElse(head)}, not a picture (${REMEDY})`);
}

function whatElse(head: string): string {
  const text = head.replace(/^\xef\xbb\xbf/, '');
  const known = REFUSED.find(([, signature]) => signature.test(text));
  if (known) return known[0];
  return /^[\t\r\n\x20-\x7e\x80-\xff]*$/.test(text) ? 'plain text' : 'data of an unknown kind';
}
