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
@group(1) @binding(0) var<uniform> params: Params;

var<private> z: u32;
var<private> query: array<u32, OWN>;
var<private> own_q: array<vec4f, D4 * OWN>;
var<private> own_dy: array<vec4f, DV4 * OWN>;
var<private> own_stats: array<vec4f, OWN>;
var<private> acc: array<vec4f, D4 * OWN>;

fn begin(head: u32, first: u32, step: u32) {
  z = head;
  // @unroll OWN
  { const r = 0u;
    query[r] = first + r * step;
    own_stats[r] = stats[row_of(z, params.lq, query[r])];
  }
  for (var n = 0u; n < params.d4; n++) {
    // @unroll OWN
    { const r = 0u;
      let part = q[row_of(z, params.lq, query[r]) * D4 + n] * params.scale2;
      // @unroll D4
      { const i = 0u; own_q[i * OWN + r] = select(own_q[i * OWN + r], part, n == i); }
    }
  }
  for (var n = 0u; n < params.dv4; n++) {
    // @unroll OWN
    { const r = 0u;
      let part = dy[row_of(z, params.lq, query[r]) * DV4 + n];
      // @unroll DV4
      { const i = 0u; own_dy[i * OWN + r] = select(own_dy[i * OWN + r], part, n == i); }
    }
  }
}

fn meet(at: u32) {
  // @unroll KEYS
  { const j = 0u;
    var s = array<f32, OWN>();
    // @unroll D4
    { const i = 0u;
      let key = a_at(j * D4 + i);
      // @unroll OWN
      { const r = 0u; s[r] += dot(own_q[i * OWN + r], key); }
    }
    var dp = array<f32, OWN>();
    // @unroll DV4
    { const i = 0u;
      let value = b_at(j * DV4 + i);
      // @unroll OWN
      { const r = 0u; dp[r] += dot(own_dy[i * OWN + r], value); }
    }
    // @unroll OWN
    { const r = 0u;
      s[r] = power_of_2(s[r] - own_stats[r].x) * (dp[r] - own_stats[r].y);
      if (ASKS || HIDES) { s[r] = select(0.0, s[r], visible(z, query[r], at + j)); }
    }
    // @unroll D4
    { const i = 0u;
      let key = a_at(j * D4 + i);
      // @unroll OWN
      { const r = 0u; acc[i * OWN + r] = fma(vec4f(s[r]), key, acc[i * OWN + r]); }
    }
  }
}

fn finish() {
  // @unroll OWN
  { const r = 0u;
    if (query[r] < params.lq) {
      let row = row_of(z, params.lq, query[r]) * D4;
      for (var n = 0u; n < params.d4; n++) {
        var part = vec4f();
        // @unroll D4
        { const i = 0u; part = select(part, acc[i * OWN + r], n == i); }
        dq[row + n] = part * params.scale;
      }
    }
  }
}
