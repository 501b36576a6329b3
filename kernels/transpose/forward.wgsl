// y[t, j, i] = x[t, i, j];  x: [t, rows, cols]  y: [t, cols, rows], both with rows padded to vec4f.
// A thread moves one 4x4 block: four vec4 loads, four vec4 stores.
struct Params { count: u32, rows: u32, x_pitch4: u32, y_pitch4: u32, cols: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  let per_matrix = params.x_pitch4 * params.y_pitch4;
  if (i >= params.count * per_matrix) { return; }
  let t = i / per_matrix;
  let row4 = i % per_matrix / params.x_pitch4;
  let col4 = i % params.x_pitch4;
  var block: mat4x4f;
  for (var r = 0u; r < 4u; r++) {
    let row = row4 * 4u + r;
    if (row < params.rows) { block[r] = x[(t * params.rows + row) * params.x_pitch4 + col4]; }
  }
  let turned = transpose(block);
  for (var c = 0u; c < 4u; c++) {
    let col = col4 * 4u + c;
    if (col < params.cols) { y[(t * params.cols + col) * params.y_pitch4 + row4] = turned[c]; }
  }
}
