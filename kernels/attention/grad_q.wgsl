// dq[i] = scale * sum over j of ds[i, j] k[j];  ds[i, j] = p[i, j] (dy[i] . v[j] - dy[i] . y[i])
// p[i, j] = exp(scale * (q[i] . k[j]) - lse[i]) is computed again;  stats[i] = (lse[i], dy[i] . y[i], 0, 0)
// Shapes as in forward.wgsl. A thread owns OWN queries and meets all keys in blocks.
// @core attention/plain attention/subgroup
// @import attention/rows attention/keys
struct Params {
  lq: u32, lk: u32, heads: u32, d4: u32, dv4: u32, causal: u32, mask_pitch: u32, mask_batch: u32, scale: f32,
}

const OWN: u32 = 2u;     // @specialize
const BLOCK: u32 = 8u;   // @specialize
const SIZE4: u32 = 32u;  // @specialize

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<vec4f>;
@group(0) @binding(5) var<storage, read> stats: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

fn attend(z: u32, first: u32, end: u32, query0: u32, lane: u32) {
  var own_q: array<vec4f, SIZE4 * OWN>;
  var own_dy: array<vec4f, SIZE4 * OWN>;
  var acc: array<vec4f, SIZE4 * OWN>;
  var stat: array<vec4f, OWN>;
  for (var n = 0u; n < params.d4 * OWN; n++) {
    own_q[n] = q[row_of(z, params.lq, query0 + n % OWN) * params.d4 + n / OWN] * params.scale;
  }
  for (var n = 0u; n < params.dv4 * OWN; n++) {
    own_dy[n] = dy[row_of(z, params.lq, query0 + n % OWN) * params.dv4 + n / OWN];
  }
  // @unroll OWN
  { const r = 0u; stat[r] = stats[row_of(z, params.lq, query0 + r)]; }
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
        { const r = 0u; s[j * OWN + r] += dot(own_q[i * OWN + r], key); }
      }
    }
    var dp = array<f32, BLOCK * OWN>();
    for (var i = 0u; i < params.dv4; i++) {
      let held = v[held_row * params.dv4 + i];
      // @unroll BLOCK
      { const j = 0u;
        let value = value_row(held, row[j], j, i);
        // @unroll OWN
        { const r = 0u; dp[j * OWN + r] += dot(own_dy[i * OWN + r], value); }
      }
    }
    // @unroll BLOCK
    { const j = 0u;
      // @unroll OWN
      { const r = 0u;
        let ds = exp(s[j * OWN + r] - stat[r].x) * (dp[j * OWN + r] - stat[r].y);
        s[j * OWN + r] = select(0.0, ds, (seen[r] & (1u << j)) != 0u);
      }
    }
    for (var i = 0u; i < params.d4; i++) {
      let held = k[held_row * params.d4 + i];
      var part: array<vec4f, OWN>;
      // @unroll OWN
      { const r = 0u; part[r] = acc[i * OWN + r]; }
      // @unroll BLOCK
      { const j = 0u;
        let key = key_row(held, row[j], j, i);
        // @unroll OWN
        { const r = 0u; part[r] = fma(vec4f(s[j * OWN + r]), key, part[r]); }
      }
      // @unroll OWN
      { const r = 0u; acc[i * OWN + r] = part[r]; }
    }
  }
  for (var r = 0u; r < min(OWN, params.lq - min(query0, params.lq)); r++) {
    let row = row_of(z, params.lq, query0 + r) * params.d4;
    for (var i = 0u; i < params.d4; i++) { dq[row + i] = acc[i * OWN + r] * params.scale; }
  }
}
