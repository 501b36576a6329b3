// dx = -dy y^3 / 2 for y = 1 / sqrt(x + eps);  dy, y, dx: [n] in vec4f.
struct Params { n4: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  dx[i] = -0.5 * dy[i] * y[i] * y[i] * y[i];
}
