// dk[j] = scale * sum over i of ds[i, j] q[i];  dv[j] = sum over i of p[i, j] dy[i]
// p and ds are computed again as in grad_q.wgsl;  stats[i] = (lse[i], dy[i] . y[i], 0, 0).
// Shapes as in forward.wgsl. A thread owns OWN keys and meets all queries in blocks.
// @core attention/plain attention/subgroup
// @import attention/rows
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
@group(0) @binding(6) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

fn query_row(held: vec4f, row: u32, j: u32, i: u32) -> vec4f {
  if (PASSED) { return passed(held, j); }
  return q[row * params.d4 + i];
}

fn dy_row(held: vec4f, row: u32, j: u32, i: u32) -> vec4f {
  if (PASSED) { return passed(held, j); }
  return dy[row * params.dv4 + i];
}

fn stats_of(held: vec4f, row: u32, j: u32) -> vec4f {
  if (PASSED) { return passed(held, j); }
  return stats[row];
}

fn attend(z: u32, first: u32, end: u32, key0: u32, lane: u32) {
  var own_k: array<vec4f, SIZE4 * OWN>;
  var own_v: array<vec4f, SIZE4 * OWN>;
  var acc_k: array<vec4f, SIZE4 * OWN>;
  var acc_v: array<vec4f, SIZE4 * OWN>;
  for (var n = 0u; n < params.d4 * OWN; n++) {
    own_k[n] = k[row_of(z, params.lk, key0 + n % OWN) * params.d4 + n / OWN] * params.scale;
  }
  for (var n = 0u; n < params.dv4 * OWN; n++) {
    own_v[n] = v[row_of(z, params.lk, key0 + n % OWN) * params.dv4 + n / OWN];
  }
  for (var query0 = select(0u, first / BLOCK * BLOCK, params.causal != 0u); query0 < params.lq; query0 += BLOCK) {
    let held_row = row_of(z, params.lq, query0 + lane);
    let held_stats = stats[held_row];
    var row: array<u32, BLOCK>;
    // @unroll BLOCK
    { const j = 0u; row[j] = row_of(z, params.lq, query0 + j); }
    // Zeros are written out: in a loop, some compilers leave the last pass's values in a var without any.
    var s = array<f32, BLOCK * OWN>();
    for (var i = 0u; i < params.d4; i++) {
      let held = q[held_row * params.d4 + i];
      // @unroll BLOCK
      { const j = 0u;
        let query = query_row(held, row[j], j, i);
        // @unroll OWN
        { const r = 0u; s[j * OWN + r] += dot(own_k[i * OWN + r], query); }
      }
    }
    var seen = array<u32, OWN>();
    for (var j = 0u; j < min(BLOCK, params.lq - query0); j++) {
      // @unroll OWN
      { const r = 0u; seen[r] |= select(0u, 1u << j, visible(z, query0 + j, key0 + r)); }
    }
    var stat: array<vec4f, BLOCK>;
    // @unroll BLOCK
    { const j = 0u;
      stat[j] = stats_of(held_stats, row[j], j);
      // @unroll OWN
      { const r = 0u;
        s[j * OWN + r] = select(0.0, exp(s[j * OWN + r] - stat[j].x), (seen[r] & (1u << j)) != 0u);
      }
    }
    var dp = array<f32, BLOCK * OWN>();
    for (var i = 0u; i < params.dv4; i++) {
      let held = dy[held_row * params.dv4 + i];
      var part: array<vec4f, OWN>;
      // @unroll OWN
      { const r = 0u; part[r] = acc_v[i * OWN + r]; }
      // @unroll BLOCK
      { const j = 0u;
        let given = dy_row(held, row[j], j, i);
        // @unroll OWN
        { const r = 0u;
          dp[j * OWN + r] += dot(own_v[i * OWN + r], given);
          part[r] = fma(vec4f(s[j * OWN + r]), given, part[r]);
        }
      }
      // @unroll OWN
      { const r = 0u; acc_v[i * OWN + r] = part[r]; }
    }
    // @unroll BLOCK
    { const j = 0u;
      // @unroll OWN
      { const r = 0u; s[j * OWN + r] *= dp[j * OWN + r] - stat[j].y; }
    }
    for (var i = 0u; i < params.d4; i++) {
      let held = q[held_row * params.d4 + i];
      var part: array<vec4f, OWN>;
      // @unroll OWN
      { const r = 0u; part[r] = acc_k[i * OWN + r]; }
      // @unroll BLOCK
      { const j = 0u;
        let query = query_row(held, row[j], j, i);
        // @unroll OWN
        { const r = 0u; part[r] = fma(vec4f(s[j * OWN + r]), query, part[r]); }
      }
      // @unroll OWN
      { const r = 0u; acc_k[i * OWN + r] = part[r]; }
    }
  }
  for (var r = 0u; r < min(OWN, params.lk - min(key0, params.lk)); r++) {
    let row = row_of(z, params.lk, key0 + r);
    for (var i = 0u; i < params.d4; i++) { dk[row * params.d4 + i] = acc_k[i * OWN + r] * params.scale; }
    for (var i = 0u; i < params.dv4; i++) { dv[row * params.dv4 + i] = acc_v[i * OWN + r]; }
  }
}
