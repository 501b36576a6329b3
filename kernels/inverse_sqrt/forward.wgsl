// y = 1 / sqrt(x + eps);  x, y: rows of c floats, in vec4f.
// @import lib/tail
struct Params { n4: u32, c: u32, c4: u32, eps: f32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  y[i] = zero_tail(1.0 / sqrt(x[i] + params.eps), i % params.c4, params.c);
}
