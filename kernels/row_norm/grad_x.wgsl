// dx = (g - mean(g) - xhat * mean(g * xhat)) / deviation, means over each row;  g = dy * weight;  RMS: without mean(g)
// x, dy, dx: [rows, c]  stats: [rows, 4]  weight: [c];  xhat as in forward.wgsl.
// @import lib/tail row_norm/row
struct Params { rows: u32, c: u32, c4: u32 }

override WG: u32 = 32;
override RMS: bool = false;
override HAS_WEIGHT: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec4f>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn weighted(v: vec4f, i: u32) -> vec4f {
  if (HAS_WEIGHT) { return v * weight[i]; }
  return v;
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = gid.x + gid.y * groups.x * WG;
  if (row >= params.rows) { return; }
  let base = row * params.c4;
  let stat = stats[row];
  var sum = vec4f();
  var product = 0.0;
  for (var i = 0u; i < params.c4; i++) {
    let g = weighted(dy[base + i], i);
    sum += g;
    product += dot(g, normed(stat, x[base + i]));
  }
  let mean = select(dot(sum, vec4f(1.0)) / f32(params.c), 0.0, RMS);
  let slope = product / f32(params.c);
  for (var i = 0u; i < params.c4; i++) {
    let v = weighted(dy[base + i], i) - mean - normed(stat, x[base + i]) * slope;
    dx[base + i] = zero_tail(v * stat.z, i, params.c);
  }
}
