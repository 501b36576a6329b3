// y[r, c] = c < ca ? a[r, c] : b[r, c - ca];  a: [rows, ca]  b: [rows, cb]  y: [rows, ca + cb]
struct Params { rows: u32, ca: u32, cb: u32, a_pitch4: u32, b_pitch4: u32, y_pitch4: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn value(row: u32, c: u32) -> f32 {
  if (c < params.ca) { return a[row * params.a_pitch4 + c / 4u][c % 4u]; }
  let k = c - params.ca;
  if (k < params.cb) { return b[row * params.b_pitch4 + k / 4u][k % 4u]; }
  return 0.0;
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.rows * params.y_pitch4) { return; }
  let row = i / params.y_pitch4;
  let c = i % params.y_pitch4 * 4u;
  if (c + 4u <= params.ca) {
    y[i] = a[row * params.a_pitch4 + c / 4u];
  } else if (c >= params.ca && params.ca % 4u == 0u) {
    y[i] = b[row * params.b_pitch4 + (c - params.ca) / 4u];
  } else {
    y[i] = vec4f(value(row, c), value(row, c + 1u), value(row, c + 2u), value(row, c + 3u));
  }
}
