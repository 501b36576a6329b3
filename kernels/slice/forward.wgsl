// y[r, c] = x[r, start + c], zero outside of x's columns;  x: [rows, cx]  y: [rows, cy].
// With a positive start it is the slice, with a negative one the slice's gradient: y put into zeros.
struct Params { rows: u32, cx: u32, cy: u32, x_pitch4: u32, y_pitch4: u32, start: i32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// Columns before x wrap round to large numbers, so one comparison finds both ends.
fn value(row: u32, c: u32) -> f32 {
  let k = c + u32(params.start);
  if (c >= params.cy || k >= params.cx) { return 0.0; }
  return x[row * params.x_pitch4 + k / 4u][k % 4u];
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.rows * params.y_pitch4) { return; }
  let row = i / params.y_pitch4;
  let c = i % params.y_pitch4 * 4u;
  let k = c + u32(params.start);
  if (k % 4u == 0u && c + 4u <= params.cy && k < params.cx) {
    y[i] = x[row * params.x_pitch4 + k / 4u];
  } else {
    y[i] = vec4f(value(row, c), value(row, c + 1u), value(row, c + 2u), value(row, c + 3u));
  }
}
