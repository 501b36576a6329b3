/** The 256 characters that stand for bytes in byte-level BPE, by byte. */
function byteCharacters(): string[] {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : next++));
}

const special = (id: number, content: string, normalized: boolean) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized,
  special: true,
});

/**
 * A `tokenizer.json` built as CLIP's is, with these merges in place of its 48,894: ids are bytes in the order of CLIP's
 * table (printable ones first), bytes that end a word, merges, start, end.
 */
export function clipTokenizerJson(merges: readonly (readonly [string, string])[]): string {
  const characters = byteCharacters();
  const isShifted = (c: string) => c.charCodeAt(0) > 255;
  const ordered = [...characters.filter((c) => !isShifted(c)), ...characters.filter(isShifted)];
  const tokens = [...ordered, ...ordered.map((c) => `${c}</w>`), ...merges.map((pair) => pair.join(''))];
  const [start, end] = [tokens.length, tokens.length + 1];
  const names = [...tokens, '<|startoftext|>', '<|endoftext|>'];
  const pattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
  const steps = [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
  ];
  const normalizers = [
    { type: 'NFC' },
    { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
    { type: 'Lowercase' },
  ];
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(start, '<|startoftext|>', true), special(end, '<|endoftext|>', false)],
    normalizer: { type: 'Sequence', normalizers },
    pre_tokenizer: { type: 'Sequence', pretokenizers: steps },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['<|endoftext|>', end],
      cls: ['<|startoftext|>', start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab: Object.fromEntries(names.map((name, i) => [name, i])),
      merges: merges.map((pair) => pair.join(' ')),
    },
  });
}
