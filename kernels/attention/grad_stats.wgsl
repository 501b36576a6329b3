// stats2[i] = (stats[i].x, dy[i] . y[i], 0, 0): what the gradients need to know of query i.
// y, dy: [b, lq, heads, dv]  stats, stats2: [b, lq, heads, 4]
struct Params { rows: u32, dv4: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> stats2: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = gid.x + gid.y * groups.x * WG;
  if (row >= params.rows) { return; }
  var sum = 0.0;
  for (var i = row * params.dv4; i < (row + 1u) * params.dv4; i++) { sum += dot(y[i], dy[i]); }
  stats2[row] = vec4f(stats[row].x, sum, 0.0, 0.0);
}
