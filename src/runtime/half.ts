/** float16 bits (1 sign, 5 exponent, 10 mantissa) to float32: exact, NaN payloads kept. */
export function decodeHalf(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = floatBits(halves[i]!);
  return new Float32Array(bits.buffer);
}

/** bfloat16 bits, the upper half of a float32, to float32: exact. */
export function decodeBfloat16(values: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(values, (value) => value << 16).buffer);
}

/** float32 to float16 bits, to nearest, ties to even; from 65520 on it is infinity. */
export function encodeHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = halfBits(bits[i]!);
  return halves;
}

function floatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // Subnormal: the leading one moves up to bit 10, where a float32 leaves it out.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

function halfBits(float: number): number {
  const sign = (float >>> 16) & 0x8000;
  const magnitude = float & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // A carry out of the mantissa goes into the exponent, which is the next float16 up: no special case.
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  const shift = 126 - (magnitude >>> 23);
  return shift > 24 ? sign : sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/** value / 2^shift, to nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  return (value + (1 << (shift - 1)) - 1 + ((value >>> shift) & 1)) >>> shift;
}
