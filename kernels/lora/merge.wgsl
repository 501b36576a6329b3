// y[t, i, j] = w[t, i, j] + scale[0] * sum over k of left[i, k] * right[t, k, j];  w, y: [taps, lines, cols]
// linear, conv2d:    left is A [taps * in, r] (one tap of taps * in lines), right is B [r, out].
// conv_transpose2d:  left is B [r, out], read transposed, right is A [taps, r, in].
struct Params {
  rows: u32, cols4: u32, lines: u32, rank: u32, left_line: u32, left_k: u32, right_tap4: u32,
}

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> w: array<vec4f>;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.rows * params.cols4) { return; }
  let row = i / params.cols4;
  let left_row = row % params.lines * params.left_line;
  let right_row = row / params.lines * params.right_tap4 + i % params.cols4;
  var sum = vec4f();
  for (var k = 0u; k < params.rank; k++) {
    sum = fma(vec4f(left[left_row + k * params.left_k]), right[right_row + k * params.cols4], sum);
  }
  y[i] = fma(vec4f(scale[0]), sum, w[i]);
}
