import type { AdapterLayer } from './adapter_layer.ts';
import { FormatError, quoted } from './format_error.ts';
import { JsonCursor, type JsonValue } from './json_cursor.ts';

/** The part of PEFT's `adapter_config.json` that decides what an adapter's weights mean. */
export interface AdapterConfig {
  readonly baseModel: string | null;
  readonly rank: number;
  readonly alpha: number;
  /** scale = alpha / sqrt(rank) instead of alpha / rank. */
  readonly useRslora: boolean;
  /** Other ranks and alphas for some modules; the first pattern that fits counts. */
  readonly rankPattern: ReadonlyMap<string, number>;
  readonly alphaPattern: ReadonlyMap<string, number>;
}

const LONGEST_CONFIG = 1 << 20;
const LONGEST_PATTERN = 256;

/** Fields that change what A and B mean, or need more than A and B. They must be off. */
const REFUSED_FIELDS: ReadonlySet<string> = new Set([
  'alora_invocation_tokens',
  'arrow_config',
  'bias',
  'fan_in_fan_out',
  'kasa_config',
  'layer_replication',
  'lora_bias',
  'megatron_config',
  'modules_to_save',
  'monteclora_config',
  'target_parameters',
  'trainable_token_indices',
  'velora_config',
]);

/** Initialisations that leave the base weights as they were. Others store part of the base in the adapter. */
const PLAIN_INITS: readonly (JsonValue | undefined)[] = [
  undefined,
  null,
  true,
  false,
  'gaussian',
  'orthogonal',
  'eva',
];

/**
 * Reads `adapter_config.json` of a LoRA adapter. Fields that only choose modules or steer training are ignored
 * (`target_modules` too, which may hold a regular expression: the tensors decide).
 *
 * @throws FormatError naming the field
 */
export function readAdapterConfig(bytes: Uint8Array): AdapterConfig {
  if (bytes.length === 0) throw new FormatError('the file is empty');
  if (bytes.length > LONGEST_CONFIG) throw new FormatError(`larger than ${LONGEST_CONFIG} bytes`);
  const cursor = new JsonCursor(bytes);
  const config = cursor.value();
  cursor.end();
  if (!(config instanceof Map)) throw new FormatError('not a JSON object');
  refuseOtherMethods(config);
  const baseModel = config.get('base_model_name_or_path') ?? null;
  if (baseModel !== null && typeof baseModel !== 'string')
    throw badField('base_model_name_or_path', 'text or null');
  return {
    baseModel,
    rank: asRank('r', config.get('r')),
    alpha: asAlpha('lora_alpha', config.get('lora_alpha')),
    useRslora: asSwitch('use_rslora', config.get('use_rslora')),
    rankPattern: asPatterns('rank_pattern', config.get('rank_pattern'), asRank),
    alphaPattern: asPatterns('alpha_pattern', config.get('alpha_pattern'), asAlpha),
  };
}

/**
 * scale of one layer: alpha / r, or alpha / sqrt(r).
 *
 * @param rank of the layer's tensors
 * @throws FormatError where the configuration says another rank
 */
export function layerScale(config: AdapterConfig, path: string, rank: number): number {
  const wanted = findPattern(config.rankPattern, path) ?? config.rank;
  if (wanted !== rank) {
    throw new FormatError(`${quoted(path)} has rank ${rank}, but adapter_config.json says ${wanted}`);
  }
  const alpha = findPattern(config.alphaPattern, path) ?? config.alpha;
  return alpha / (config.useRslora ? Math.sqrt(rank) : rank);
}

/** Writes `adapter_config.json` for some layers, with patterns only where their ranks or alphas differ. */
export function writeAdapterConfig(
  baseModel: string | null,
  layers: ReadonlyMap<string, AdapterLayer>,
): Uint8Array {
  // A pattern also fits every longer path that ends in it, so the longer paths come first.
  const paths = [...layers.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const ranks = paths.map((path) => layers.get(path)!.rank);
  const alphas = paths.map((path) => layerAlpha(layers.get(path)!));
  const config = {
    peft_type: 'LORA',
    task_type: null,
    base_model_name_or_path: baseModel,
    revision: null,
    r: ranks[0] ?? 1,
    lora_alpha: alphas[0] ?? 1,
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    target_modules: [...paths].sort(),
    rank_pattern: patternsFor(paths, ranks),
    alpha_pattern: patternsFor(paths, alphas),
    modules_to_save: null,
    use_rslora: false,
    use_dora: false,
  };
  return new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`);
}

function refuseOtherMethods(config: ReadonlyMap<string, JsonValue>): void {
  const type = config.get('peft_type');
  if (type !== 'LORA') throw badField('peft_type', '"LORA"', type);
  for (const [field, value] of config) {
    const isMethod = REFUSED_FIELDS.has(field) || (field.startsWith('use_') && field !== 'use_rslora');
    if (isMethod && !isOff(value))
      throw new FormatError(`${quoted(field)} is on: only plain LoRA can be read`);
  }
  const init = config.get('init_lora_weights');
  if (PLAIN_INITS.includes(init)) return;
  throw badField('init_lora_weights', 'one that leaves the base weights alone', init);
}

function isOff(value: JsonValue): boolean {
  if (value instanceof Map) return value.size === 0;
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === false || value === 'none';
}

function asRank(field: string, value: JsonValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw badField(field, 'a whole number above 0', value);
}

function asAlpha(field: string, value: JsonValue | undefined): number {
  if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value;
  throw badField(field, 'a number within float32', value);
}

function asSwitch(field: string, value: JsonValue | undefined): boolean {
  if (typeof (value ?? false) === 'boolean') return value === true;
  throw badField(field, 'true or false', value);
}

/** PEFT takes patterns as regular expressions; a plain path, with `^` before a whole one, is all that is read here. */
function asPatterns(
  field: string,
  value: JsonValue | undefined,
  asNumber: (field: string, value: JsonValue) => number,
): Map<string, number> {
  if (!(value instanceof Map)) {
    if (value === undefined || value === null) return new Map();
    throw badField(field, 'an object', value);
  }
  const patterns = new Map<string, number>();
  for (const [pattern, number] of value) {
    if (pattern.length > LONGEST_PATTERN || !/^\^?[\w.\\-]+$/.test(pattern) || /\\[^.]|\\$/.test(pattern)) {
      throw new FormatError(
        `${field} has ${quoted(pattern)}: give the end of a module's path or ^ and the whole path`,
      );
    }
    patterns.set(pattern.replaceAll('\\.', '.'), asNumber(`${field} of ${quoted(pattern)}`, number));
  }
  return patterns;
}

function findPattern(patterns: ReadonlyMap<string, number>, path: string): number | undefined {
  for (const [pattern, number] of patterns) {
    if (`^${path}` === pattern || path === pattern || path.endsWith(`.${pattern}`)) return number;
  }
  return undefined;
}

/** alpha = scale r; whole where that gives the same scale, since 49 (5 / 49) is not 5 in floats. */
function layerAlpha({ scale, rank }: AdapterLayer): number {
  const whole = Math.round(scale * rank);
  return whole / rank === scale ? whole : scale * rank;
}

function patternsFor(paths: readonly string[], numbers: readonly number[]): Record<string, number> {
  if (numbers.every((number) => number === numbers[0])) return {};
  // Objects put keys that look like numbers first, so those are anchored to fit no longer path.
  const patterns = paths.map((path) => (/^[0-9]+$/.test(path) ? `^${path}` : path));
  return Object.fromEntries(patterns.map((pattern, i) => [pattern, numbers[i]!]));
}

function badField(field: string, wanted: string, value?: JsonValue): FormatError {
  const found =
    value === undefined ? '' : `, not ${typeof value === 'string' ? quoted(value) : String(value)}`;
  return new FormatError(`${field} must be ${wanted}${found}`);
}
