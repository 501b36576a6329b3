// dx = dy * scale * dl(x, t)/dx;  x, goal, dx: rows of c floats, in vec4f; dy: [1]; CONSTANT: t = params.t.
// @import lib/loss lib/tail
struct Params { n4: u32, c: u32, c4: u32, t: f32, beta: f32, scale: f32 }

override WG: u32 = 64;
override CONSTANT: bool = false;
override MASK: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> goal: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  var t = vec4f(params.t);
  if (!CONSTANT) { t = goal[i]; }
  var v = loss_slope(x[i], t, params.beta);
  if (MASK) { v = zero_tail(v, i % params.c4, params.c); }
  dx[i] = dy[0] * params.scale * v;
}
