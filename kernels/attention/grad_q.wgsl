// dq[i] = scale * sum over j of ds[i, j] k[j];  ds[i, j] = p[i, j] (dy[i] . v[j] - dy[i] . y[i])
// p[i, j] = 2^(scale2 * (q[i] . k[j]) - stats[i].x) is computed again;  stats[i] = (log2 of the sum, dy[i] . y[i], 0, 0)
// Shapes and threads as in forward.wgsl.
// @core attention/plain attention/subgroup attention/tiled
// @import attention/rows attention/keys lib/exp2
struct Params {
  lq: u32, lk: u32, heads: u32, d4: u32, dv4: u32, causal: u32, mask_pitch: u32, mask_batch: u32, scale: f32, scale2: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<vec4f>;
@group(0) @binding(5) var<storage, read> stats: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

var<private> z: u32;
var<private> queries: vec2u;  // the first, and the distance to the next
var<private> own_q: array<vec4f, D4 * OWN>;
var<private> own_dy: array<vec4f, DV4 * OWN>;
var<private> own_stats: array<vec2f, OWN>;
var<private> acc: array<vec4f, D4 * OWN>;

fn begin(head: u32, first: u32, step: u32) {
  z = head;
  queries = vec2u(first, step);
  for (var own_row = 0u; own_row < OWN; own_row++) {
    let row = row_of(z, params.lq, first + own_row * step);
    let stat = stats[row].xy;
    // @unroll OWN
    { const r = 0u; own_stats[r] = select(own_stats[r], stat, own_row == r); }
    var query = array<vec4f, D4>();
    for (var n = 0u; n < params.d4; n++) {
      let part = q[row * D4 + n] * params.scale2;
      // @unroll D4
      { const i = 0u; query[i] = select(query[i], part, n == i); }
    }
    set_d_row(&own_q, own_row, query);
    var given = array<vec4f, DV4>();
    for (var n = 0u; n < params.dv4; n++) {
      let part = dy[row * DV4 + n];
      // @unroll DV4
      { const i = 0u; given[i] = select(given[i], part, n == i); }
    }
    set_dv_row(&own_dy, own_row, given);
  }
}

fn meet(row: u32) {
  var s = array<f32, OWN>();
  // @unroll D4
  { const i = 0u;
    let key = a_at(i);
    // @unroll OWN
    { const r = 0u; s[r] += dot(own_q[i * OWN + r], key); }
  }
  var dp = array<f32, OWN>();
  // @unroll DV4
  { const i = 0u;
    let value = b_at(i);
    // @unroll OWN
    { const r = 0u; dp[r] += dot(own_dy[i * OWN + r], value); }
  }
  // @unroll OWN
  { const r = 0u;
    s[r] = power_of_2(s[r] - own_stats[r].x) * (dp[r] - own_stats[r].y);
    if (HIDES) { s[r] = select(0.0, s[r], visible(z, queries.x + r * queries.y, row)); }
  }
  // @unroll D4
  { const i = 0u;
    let key = a_at(i);
    // @unroll OWN
    { const r = 0u; acc[i * OWN + r] = fma(vec4f(s[r]), key, acc[i * OWN + r]); }
  }
}

fn finish() {
  for (var r = 0u; r < OWN; r++) {
    let query = queries.x + r * queries.y;
    if (query >= params.lq) { continue; }
    let row = row_of(z, params.lq, query);
    let result = d_row(&acc, r);
    for (var n = 0u; n < params.d4; n++) {
      var part = vec4f();
      // @unroll D4
      { const i = 0u; part = select(part, result[i], n == i); }
      dq[row * D4 + n] = part * params.scale;
    }
  }
}
