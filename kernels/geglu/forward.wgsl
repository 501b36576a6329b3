// y[r, i] = x[r, i] * gelu(x[r, h + i]);  x: [rows, 2 h]  y: [rows, h]
// A float a thread: the halves need not begin at a multiple of 4, and neighbouring lanes still read neighbouring floats.
// @import lib/special
struct Params { n: u32, h: u32, x_pitch: u32, y_pitch: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let o = gid.x + gid.y * groups.x * WG;
  if (o >= params.n) { return; }
  let i = o % params.y_pitch;
  let first = o / params.y_pitch * params.x_pitch + i;
  var v = 0.0;
  if (i < params.h) { v = x[first] * gelu(vec4f(x[first + params.h])).x; }
  y[o] = v;
}
