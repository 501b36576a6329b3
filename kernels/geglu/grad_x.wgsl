// dx[r, i] = dy[r, i] * gelu(x[r, h + i]),  dx[r, h + i] = dy[r, i] * x[r, i] * gelu'(x[r, h + i])
// x, dx: [rows, 2 h]  dy: [rows, h]; a float of dy a thread.
// @import lib/special
struct Params { n: u32, h: u32, x_pitch: u32, y_pitch: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let o = gid.x + gid.y * groups.x * WG;
  let i = o % params.y_pitch;
  if (o >= params.n || i >= params.h) { return; }
  let first = o / params.y_pitch * params.x_pitch + i;
  let second = first + params.h;
  let x2 = x[second];
  let d = dy[o];
  dx[first] = d * gelu(vec4f(x2)).x;
  dx[second] = d * x[first] * gelu_slope(vec4f(x2)).x;
  if (i + 1u < params.h) { return; }
  for (var tail = 2u * params.h; tail < params.x_pitch; tail++) { dx[first - i + tail] = 0.0; }
}
