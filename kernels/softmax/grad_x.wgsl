// dx = y * (dy - sum of dy * y along the dimension);  dy, y, dx: [outer, len, inner], inner and lines in vec4s.
// With LAST a row of `len` vec4s is one softmax, whose padding is zero in y and dy and joins the sum.
struct Params { lines: u32, len: u32, inner: u32 }

override WG: u32 = 64;
override LAST: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let line = gid.x + gid.y * groups.x * WG;
  if (line >= params.lines) { return; }
  let first = line / params.inner * params.len * params.inner + line % params.inner;

  var sum = vec4f();
  for (var k = 0u; k < params.len; k++) {
    let i = first + k * params.inner;
    sum = fma(dy[i], y[i], sum);
  }
  if (LAST) { sum = vec4f(dot(sum, vec4f(1.0))); }

  for (var k = 0u; k < params.len; k++) {
    let i = first + k * params.inner;
    dx[i] = y[i] * (dy[i] - sum);
  }
}
