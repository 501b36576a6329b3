// y[p, c] = byte c of rgba[p] / 127.5 - 1 for red, green, blue;  rgba: [pixels], red lowest  y: [pixels, 3]
struct Params { pixels: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> rgba: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.pixels) { return; }
  y[i] = vec4f(unpack4x8unorm(rgba[i]).rgb * 2.0 - 1.0, 0.0);
}
