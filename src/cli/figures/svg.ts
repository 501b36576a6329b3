const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text from a file as XML may hold it. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => ENTITIES[char]!).replace(/\p{Cc}/gu, '\ufffd');

/** A figure on white, with its title; `parts` are SVG. */
export const figure = (
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
  fontSize = 12,
): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="${fontSize}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="20" y="24">${escapeXml(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');

/** Colours that stay apart for people who see few of them (Okabe and Ito 2008). */
export const PALETTE = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#d55e00',
  '#999999',
  '#000000',
] as const;

/** About five round steps from `low` to `high`. */
export function ticks(low: number, high: number): number[] {
  const rough = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

/** A number as short as its size allows. */
export const short = (value: number): string => String(Number(value.toPrecision(4)));
