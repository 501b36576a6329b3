// y = xhat * weight + bias;  xhat = (x - mean) / sqrt(variance + eps) over each row, or, RMS, x / sqrt(mean(x^2) + eps)
// x, y: [rows, c]  weight, bias: [c]  stats: [rows, 4], kept for the backward.  A thread has a row: rows lie in one
// piece, and the second walk over one finds it in the cache.
// @import lib/moments lib/tail row_norm/row
struct Params { rows: u32, c: u32, c4: u32, eps: f32 }

override WG: u32 = 32;
override RMS: bool = false;
override HAS_WEIGHT: bool = false;
override HAS_BIAS: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn rms_of(base: u32) -> vec4f {
  var sum = 0.0;
  for (var i = 0u; i < params.c4; i++) { sum += dot(x[base + i], x[base + i]); }
  return vec4f(0.0, 0.0, 1.0 / sqrt(sum / f32(params.c) + params.eps), 0.0);
}

fn moments_of(base: u32) -> vec4f {
  let origin = x[base].x;
  var m = Moments();
  for (var i = 0u; i < params.c4; i++) {
    let next = push(m, x[base + i] - origin);
    let past = vec4u(0u, 1u, 2u, 3u) + i * 4u >= vec4u(params.c);
    m = Moments(select(next.count, m.count, past), select(next.mean, m.mean, past), select(next.squares, m.squares, past));
  }
  m = merge_lanes(m);
  return vec4f(origin, m.mean.x, 1.0 / sqrt(m.squares.x / m.count.x + params.eps), 0.0);
}

fn weighted(v: vec4f, i: u32) -> vec4f {
  if (HAS_WEIGHT) { return v * weight[i]; }
  return v;
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = gid.x + gid.y * groups.x * WG;
  if (row >= params.rows) { return; }
  let base = row * params.c4;
  var stat: vec4f;
  if (RMS) { stat = rms_of(base); } else { stat = moments_of(base); }
  stats[row] = stat;
  for (var i = 0u; i < params.c4; i++) {
    var v = weighted(normed(stat, x[base + i]), i);
    if (HAS_BIAS) { v += bias[i]; }
    y[base + i] = zero_tail(v, i, params.c);
  }
}
