// y[g] = scale * sum of l(x, t) over workgroup g's share;  x, goal: rows of c floats, in vec4f; CONSTANT: t = params.t.
// y: [groups, 4], or [1] where there is one group; reduce/total adds the groups up.
// @import lib/loss lib/tail lib/workgroup_sum
struct Params { n4: u32, c: u32, c4: u32, t: f32, beta: f32, scale: f32 }

override CONSTANT: bool = false;
override MASK: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> goal: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var sum = vec4f();
  for (var i = wg.x * WG + lid.x; i < params.n4; i += groups.x * WG) {
    var t = vec4f(params.t);
    if (!CONSTANT) { t = goal[i]; }
    var v = loss(x[i], t, params.beta);
    if (MASK) { v = zero_tail(v, i % params.c4, params.c); }
    sum += v;
  }
  let whole = params.scale * partial_sum(workgroup_sum(sum, lid.x), groups.x);
  if (lid.x == 0u) { y[wg.x] = whole; }
}
