const PICKLE =
  'a Python pickle, as older PyTorch writes: load it in Python and save it with safetensors.torch.save_file';

/** What the first bytes say, as characters of the same code, in lower case. */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['gguf', 'a GGUF model: convert it to safetensors'],
  ['pk\x03\x04', 'a zip archive, as PyTorch writes .ckpt and .pth: save it with safetensors.torch.save_file'],
  ['\x80\x02', PICKLE],
  ['\x80\x03', PICKLE],
  ['\x80\x04', PICKLE],
  ['\x80\x05', PICKLE],
  ['\x1f\x8b', 'a gzip archive: unpack it'],
  ['version https://git-lfs', 'a Git LFS pointer without its file: run git lfs pull'],
  ['<!doctype', 'a web page: the download went wrong'],
  ['<html', 'a web page: the download went wrong'],
  ['{', 'JSON text: where it is an index of parts, name one of the .safetensors files it lists'],
];

/** What a file most likely is, judged by its first bytes, when it is not what it was taken for. */
export function fileKind(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 64))
    .trimStart()
    .toLowerCase();
  return SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1];
}
