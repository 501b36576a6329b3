// dx = dy * f'(x);  dy, saved, dx: [n] in vec4f; `saved` is what activation_slope wants: y or x.
// @import lib/activation
struct Params { n4: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> saved: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  dx[i] = dy[i] * activation_slope(saved[i]);
}
