// dk[j] = scale * sum over i of ds[i, j] q[i];  dv[j] = sum over i of p[i, j] dy[i]
// p and ds are computed again as in grad_q.wgsl;  stats[i] = (log2 of the sum, dy[i] . y[i], 0, 0).
// Shapes as in forward.wgsl. A thread owns OWN keys and meets all queries in order.
// @core attention/plain attention/subgroup attention/tiled
// @import attention/rows lib/exp2
struct Params {
  lq: u32, lk: u32, heads: u32, d4: u32, dv4: u32, causal: u32, mask_pitch: u32, mask_batch: u32, scale: f32, scale2: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<vec4f>;
@group(0) @binding(5) var<storage, read> stats: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

var<private> z: u32;
var<private> keys: vec2u;  // the first, and the distance to the next
var<private> own_k: array<vec4f, D4 * OWN>;
var<private> own_v: array<vec4f, DV4 * OWN>;
var<private> acc_k: array<vec4f, D4 * OWN>;
var<private> acc_v: array<vec4f, DV4 * OWN>;

fn range(first: u32, end: u32) -> vec2u { return vec2u(select(0u, first, params.causal != 0u), params.lq); }

fn a_load(at: u32, e: u32) -> vec4f { return q[row_of(z, params.lq, at + e / D4) * D4 + e % D4]; }
fn b_load(at: u32, e: u32) -> vec4f { return dy[row_of(z, params.lq, at + e / DV4) * DV4 + e % DV4]; }

fn begin(head: u32, first: u32, step: u32) {
  z = head;
  keys = vec2u(first, step);
  for (var r = 0u; r < OWN; r++) {
    let row = row_of(z, params.lk, first + r * step);
    var key = array<vec4f, D4>();
    for (var n = 0u; n < params.d4; n++) {
      let part = k[row * D4 + n] * params.scale2;
      // @unroll D4
      { const i = 0u; key[i] = select(key[i], part, n == i); }
    }
    set_d_row(&own_k, r, key);
    var value = array<vec4f, DV4>();
    for (var n = 0u; n < params.dv4; n++) {
      let part = v[row * DV4 + n];
      // @unroll DV4
      { const i = 0u; value[i] = select(value[i], part, n == i); }
    }
    set_dv_row(&own_v, r, value);
  }
}

fn meet(row: u32) {
  let stat = stats[row_of(z, params.lq, row)].xy;
  var s = array<f32, OWN>();
  // @unroll D4
  { const i = 0u;
    let query = a_at(i);
    // @unroll OWN
    { const r = 0u; s[r] += dot(own_k[i * OWN + r], query); }
  }
  // @unroll OWN
  { const r = 0u;
    s[r] = power_of_2(s[r] - stat.x);
    if (HIDES) { s[r] = select(0.0, s[r], visible(z, row, keys.x + r * keys.y)); }
  }
  var dp = array<f32, OWN>();
  // @unroll DV4
  { const i = 0u;
    let given = b_at(i);
    // @unroll OWN
    { const r = 0u;
      dp[r] += dot(own_v[i * OWN + r], given);
      acc_v[i * OWN + r] = fma(vec4f(s[r]), given, acc_v[i * OWN + r]);
    }
  }
  // @unroll OWN
  { const r = 0u; s[r] *= dp[r] - stat.y; }
  // @unroll D4
  { const i = 0u;
    let query = a_at(i);
    // @unroll OWN
    { const r = 0u; acc_k[i * OWN + r] = fma(vec4f(s[r]), query, acc_k[i * OWN + r]); }
  }
}

fn finish() {
  for (var r = 0u; r < OWN; r++) {
    let key = keys.x + r * keys.y;
    if (key >= params.lk) { continue; }
    let row = row_of(z, params.lk, key);
    let key_result = d_row(&acc_k, r);
    for (var n = 0u; n < params.d4; n++) {
      var part = vec4f();
      // @unroll D4
      { const i = 0u; part = select(part, key_result[i], n == i); }
      dk[row * D4 + n] = part * params.scale;
    }
    let value_result = dv_row(&acc_v, r);
    for (var n = 0u; n < params.dv4; n++) {
      var part = vec4f();
      // @unroll DV4
      { const i = 0u; part = select(part, value_result[i], n == i); }
      dv[row * DV4 + n] = part;
    }
  }
}
