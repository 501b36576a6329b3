// y = f(x);  x, y: rows of c floats, in vec4f; KIND names f.
// @import lib/activation lib/tail
struct Params { n4: u32, c: u32, c4: u32 }

override WG: u32 = 64;
override MASK: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  var v = activate(x[i]);
  if (MASK) { v = zero_tail(v, i % params.c4, params.c); }
  y[i] = v;
}
