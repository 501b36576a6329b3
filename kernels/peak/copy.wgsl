// y = x;  x, y: [4 * count]. What a kernel can move: count * 32 bytes, half of them read.
// RUN vec4 lie together for each invocation: 1 on GPUs, whose lanes should touch neighbours; several on software devices,
// where an invocation itself costs more.
struct Params { count: u32 }

override WG: u32 = 64;
override RUN: u32 = 1;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let first = (gid.x + gid.y * groups.x * WG) * RUN;
  for (var i = first; i < min(first + RUN, params.count); i++) {
    y[i] = x[i];
  }
}
