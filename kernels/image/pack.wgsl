// rgba[p] = bytes of (x[p] + 1) * 127.5, rounded and clamped to 0 ... 255, red lowest, alpha 255
// x: [pixels, 3]  rgba: [pixels]
struct Params { pixels: u32, pitch: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> rgba: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.pitch) { return; }
  var bytes = 0u;
  if (i < params.pixels) { bytes = pack4x8unorm(vec4f(x[i].rgb * 0.5 + 0.5, 1.0)); }
  rgba[i] = bytes;
}
