// y[g] = scale * sum over the vec4s of workgroup g's share of x: every groups-th span of WG, so that lanes read neighbours.
// x: [n]  y: [groups, 4], or [1] where there is one group. SQUARE adds squares; ROOT ends with the square root.
// @import lib/workgroup_sum
struct Params { n4: u32, scale: f32 }

override SQUARE: bool = false;
override ROOT: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var sum = vec4f();
  for (var i = wg.x * WG + lid.x; i < params.n4; i += groups.x * WG) {
    let v = x[i];
    sum += select(v, v * v, SQUARE);
  }
  let whole = params.scale * partial_sum(workgroup_sum(sum, lid.x), groups.x);
  if (lid.x == 0u) { y[wg.x] = select(whole, sqrt(whole), ROOT); }
}
