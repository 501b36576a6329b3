// dx = scale * dy, repeated over what was summed;  dx: [n, h, w, c]; every dimension of dy is dx's or 1.
// @import lib/broadcast
struct Params { n4: u32, c: u32, c4: u32, h: u32, w: u32, bn: u32, bh: u32, bw: u32, scale: f32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  dx[i] = params.scale * spread(dy[source(i)], i);
}
