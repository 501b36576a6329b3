// The statistics of each channel become those of its group, still with the mean as distance from x[b, 0, c].
// x: [n, pixels, c]  stats, group_stats: [2, n, c] (mean, variance);  a group is `size` neighbouring channels.
struct Params { n: u32, pixels: u32, c: u32, pitch: u32, size: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> stats: array<f32>;
@group(0) @binding(2) var<storage, read_write> group_stats: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  let row = params.n * params.pitch;
  if (i >= row) { return; }
  let b = i / params.pitch;
  let c = i % params.pitch;
  let size = select(0u, params.size, c < params.c);
  let first = c / params.size * params.size;
  let pixel = b * params.pixels * params.pitch;
  var mean = 0.0;
  for (var j = first; j < first + size; j++) {
    mean += x[pixel + j] - x[pixel + c] + stats[b * params.pitch + j];
  }
  mean /= f32(params.size);
  var variance = 0.0;
  for (var j = first; j < first + size; j++) {
    let off = x[pixel + j] - x[pixel + c] + stats[b * params.pitch + j] - mean;
    variance += stats[row + b * params.pitch + j] + off * off;
  }
  group_stats[i] = mean;
  group_stats[row + i] = variance / f32(params.size);
}
