// y[i] = sum over j of p[i, j] v[j], as kernels/attention/forward.wgsl, whose shapes it has; scale is applied to q.
// The first flash form, kept for comparison: blocks of 8 keys, 2 queries a lane, head sizes as params.
// Measured on llvmpipe, 2 cores under other load, 4 heads x 1024 x 64, smallest processor time / 2 of several runs: 54 to
// 67 ms, where the form in kernels/ takes 22 to 31. Learned:
// - Arrays that loops index (own, acc) cost 4 ns a lane vector at every touch, as much as 13 fma. Constant sizes, all
//   unrolled, turn them into registers and first-cache operands; block after block of keys is then not needed at all.
// - A row passed round must serve more than 2 queries a lane: 4 a lane halve loads and shuffles, 8 spill (1.6 times the time of 4).
// - exp2 of a software device takes 16 ns; a polynomial in its place saved 9 % of the whole.
// - Rescaling on every block is not needed: let the subtracted maximum lag up to 2^8 behind.
enable subgroups;
struct Params {
  lq: u32, lk: u32, heads: u32, d4: u32, dv4: u32, causal: u32, mask_pitch: u32, mask_batch: u32, scale: f32,
}

const OWN: u32 = 2u;     // @specialize
const BLOCK: u32 = 8u;   // @specialize
const SIZE4: u32 = 32u;  // @specialize
const HIDDEN = -1e30;

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn attend(z: u32, first: u32, end: u32, query0: u32, lane: u32) {
  var own: array<vec4f, SIZE4 * OWN>;
  var acc: array<vec4f, SIZE4 * OWN>;
  var top: array<f32, OWN>;
  var sum: array<f32, OWN>;
  for (var n = 0u; n < params.d4 * OWN; n++) {
    own[n] = q[row_of(z, params.lq, query0 + n % OWN) * params.d4 + n / OWN] * params.scale;
  }
  // @unroll OWN
  { const r = 0u; top[r] = HIDDEN; }
  let last = select(params.lk, min(params.lk, end), params.causal != 0u);
  for (var key0 = 0u; key0 < last; key0 += BLOCK) {
    let held_row = row_of(z, params.lk, key0 + lane);
    var row: array<u32, BLOCK>;
    // @unroll BLOCK
    { const j = 0u; row[j] = row_of(z, params.lk, key0 + j); }
    // Zeros are written out: in a loop, some compilers leave the last pass's values in a var without any.
    var seen = array<u32, OWN>();
    for (var j = 0u; j < min(BLOCK, last - key0); j++) {
      // @unroll OWN
      { const r = 0u; seen[r] |= select(0u, 1u << j, visible(z, query0 + r, key0 + j)); }
    }
    var s = array<f32, BLOCK * OWN>();
    for (var i = 0u; i < params.d4; i++) {
      let held = k[held_row * params.d4 + i];
      // @unroll BLOCK
      { const j = 0u;
        let key = key_row(held, row[j], j, i);
        // @unroll OWN
        { const r = 0u; s[j * OWN + r] += dot(own[i * OWN + r], key); }
      }
    }
    var rescale: array<f32, OWN>;
    // @unroll OWN
    { const r = 0u;
      var highest = top[r];
      // @unroll BLOCK
      { const j = 0u;
        s[j * OWN + r] = select(HIDDEN, s[j * OWN + r], (seen[r] & (1u << j)) != 0u);
        highest = max(highest, s[j * OWN + r]);
      }
      rescale[r] = exp(top[r] - highest);
      top[r] = highest;
      sum[r] *= rescale[r];
      // @unroll BLOCK
      { const j = 0u;
        s[j * OWN + r] = select(exp(s[j * OWN + r] - highest), 0.0, s[j * OWN + r] <= HIDDEN);
        sum[r] += s[j * OWN + r];
      }
    }
    for (var i = 0u; i < params.dv4; i++) {
      let held = v[held_row * params.dv4 + i];
      var part: array<vec4f, OWN>;
      // @unroll OWN
      { const r = 0u; part[r] = acc[i * OWN + r] * rescale[r]; }
      // @unroll BLOCK
      { const j = 0u;
        let value = value_row(held, row[j], j, i);
        // @unroll OWN
        { const r = 0u; part[r] = fma(vec4f(s[j * OWN + r]), value, part[r]); }
      }
      // @unroll OWN
      { const r = 0u; acc[i * OWN + r] = part[r]; }
    }
  }
  var lse: array<f32, OWN>;
  // @unroll OWN
  { const r = 0u;
    let empty = sum[r] == 0.0;
    lse[r] = select(top[r] + log(sum[r]), 0.0, empty);
    sum[r] = select(1.0 / sum[r], 0.0, empty);
  }
  for (var r = 0u; r < min(OWN, params.lq - min(query0, params.lq)); r++) {
    let row = row_of(z, params.lq, query0 + r);
    for (var i = 0u; i < params.dv4; i++) { y[row * params.dv4 + i] = acc[i * OWN + r] * sum[r]; }
    stats[row] = vec4f(lse[r], 0.0, 0.0, 0.0);
  }
}

// Number of the row of `length` that belongs to position i of z = (batch, head); positions past the end repeat the last.
fn row_of(z: u32, length: u32, i: u32) -> u32 {
  return (z / params.heads * length + min(i, length - 1u)) * params.heads + z % params.heads;
}

fn visible(z: u32, query: u32, key: u32) -> bool {
  if (key >= params.lk || query >= params.lq || (params.causal != 0u && key > query)) { return false; }
  if (params.mask_pitch == 0u) { return true; }
  return mask[z / params.heads * params.mask_batch + query * params.mask_pitch + key] != 0.0;
}

fn key_row(held: vec4f, row: u32, j: u32, i: u32) -> vec4f { return subgroupShuffle(held, j); }
fn value_row(held: vec4f, row: u32, j: u32, i: u32) -> vec4f { return subgroupShuffle(held, j); }

const SG: u32 = 8u;  // @specialize

@compute @workgroup_size(SG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let first = wg.x * SG * OWN;
  attend(wg.z, first, first + SG * OWN, first + lid.x * OWN, lid.x);
}
