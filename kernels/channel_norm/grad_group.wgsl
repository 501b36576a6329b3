// group_sums[s, b, c] = mean over the channels j of c's group of weight[j] * sums[s, b, j]
// sums, group_sums: [2, n, c]  weight: [c];  a group is `size` neighbouring channels.
struct Params { n: u32, c: u32, pitch: u32, size: u32 }

override WG: u32 = 64;
override HAS_AFFINE: bool = false;

@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> group_sums: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= 2u * params.n * params.pitch) { return; }
  let c = i % params.pitch;
  let first = c / params.size * params.size;
  var sum = 0.0;
  for (var j = first; j < first + select(0u, params.size, c < params.c); j++) {
    var factor = 1.0;
    if (HAS_AFFINE) { factor = weight[j]; }
    sum += factor * sums[i - c + j];
  }
  group_sums[i] = sum / f32(params.size);
}
