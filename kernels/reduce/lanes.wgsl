// y[r] = scale * sum over c of x[r, c];  x: [rows, c]  y: [rows, 1]; the padding of x is zero and joins the sum.
struct Params { rows: u32, c4: u32, scale: f32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = gid.x + gid.y * groups.x * WG;
  if (row >= params.rows) { return; }
  var sum = vec4f();
  for (var i = row * params.c4; i < (row + 1u) * params.c4; i++) { sum += x[i]; }
  y[row] = vec4f(dot(sum, vec4f(params.scale)), 0.0, 0.0, 0.0);
}
