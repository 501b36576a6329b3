// y[i] = sum over j of p[i, j] v[j];  p[i, :] = softmax over the visible j of scale * (q[i] . k[j]);  no visible j: y[i] = 0
// stats[i] = (log2 of the sum over j of exp(scale * (q[i] . k[j])), 0, 0, 0), kept for the backward.
// q: [b, lq, heads, d]  k: [b, lk, heads, d]  v: [b, lk, heads, dv]  y: [b, lq, heads, dv]  stats: [b, lq, heads, 4]
// mask: [b or 1, lq, lk] of 0 and 1.  Flash form: no score reaches memory (Dao et al. 2022). A thread owns OWN queries,
// OWN rows at a distance of `step`, and meets all keys in order. Powers are of 2, scale2 = scale / ln 2; sums are taken
// over 2^(score - top), and top follows a higher score only beyond SLACK, so that rescaling is rare.
// @core attention/plain attention/subgroup attention/tiled
// @import attention/rows attention/keys lib/exp2
struct Params {
  lq: u32, lk: u32, heads: u32, d4: u32, dv4: u32, causal: u32, mask_pitch: u32, mask_batch: u32, scale2: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

const SLACK = 8.0;

var<private> z: u32;
var<private> queries: vec2u;  // the first, and the distance to the next
var<private> own: array<vec4f, D4 * OWN>;
var<private> acc: array<vec4f, DV4 * OWN>;
var<private> top: array<f32, OWN>;
var<private> sum: array<f32, OWN>;

fn begin(head: u32, first: u32, step: u32) {
  z = head;
  queries = vec2u(first, step);
  // @unroll OWN
  { const r = 0u; top[r] = HIDDEN; }
  for (var r = 0u; r < OWN; r++) {
    let row = row_of(z, params.lq, first + r * step);
    var query = array<vec4f, D4>();
    for (var n = 0u; n < params.d4; n++) {
      let part = q[row * D4 + n] * params.scale2;
      // @unroll D4
      { const i = 0u; query[i] = select(query[i], part, n == i); }
    }
    set_d_row(&own, r, query);
  }
}

fn rescale(s: ptr<function, array<f32, OWN>>) {
  // @unroll OWN
  { const r = 0u;
    let higher = max(top[r], (*s)[r]);
    let factor = power_of_2(top[r] - higher);
    top[r] = higher;
    sum[r] *= factor;
    // @unroll DV4
    { const i = 0u; acc[i * OWN + r] *= factor; }
  }
}

fn meet(row: u32) {
  var s = array<f32, OWN>();
  // @unroll D4
  { const i = 0u;
    let key = a_at(i);
    // @unroll OWN
    { const r = 0u; s[r] += dot(own[i * OWN + r], key); }
  }
  var higher = false;
  // @unroll OWN
  { const r = 0u;
    if (HIDES) { s[r] = select(HIDDEN, s[r], visible(z, queries.x + r * queries.y, row)); }
    higher = higher || s[r] > top[r] + SLACK;
  }
  if (higher) { rescale(&s); }
  // @unroll OWN
  { const r = 0u;
    let p = power_of_2(s[r] - top[r]);
    s[r] = select(p, 0.0, HIDES && s[r] <= HIDDEN);
    sum[r] += s[r];
  }
  // @unroll DV4
  { const i = 0u;
    let value = b_at(i);
    // @unroll OWN
    { const r = 0u; acc[i * OWN + r] = fma(vec4f(s[r]), value, acc[i * OWN + r]); }
  }
}

fn finish() {
  for (var own_row = 0u; own_row < OWN; own_row++) {
    let query = queries.x + own_row * queries.y;
    if (query >= params.lq) { continue; }
    let row = row_of(z, params.lq, query);
    var total = 0.0;
    var taken = 0.0;
    // @unroll OWN
    { const r = 0u;
      total = select(total, sum[r], own_row == r);
      taken = select(taken, top[r], own_row == r);
    }
    let empty = total == 0.0;
    let share = select(1.0 / total, 0.0, empty);
    let result = dv_row(&acc, own_row);
    for (var n = 0u; n < params.dv4; n++) {
      var part = vec4f();
      // @unroll DV4
      { const i = 0u; part = select(part, result[i], n == i); }
      y[row * DV4 + n] = part * share;
    }
    stats[row] = vec4f(select(taken + log2(total), 0.0, empty), 0.0, 0.0, 0.0);
  }
}
