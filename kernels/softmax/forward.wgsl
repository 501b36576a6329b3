// y = exp(x - max) / sum of exp(x - max) along one dimension;  x, y: [outer, len, inner], inner and lines in vec4s.
// A thread takes the four neighbouring softmaxes of a line; with LAST the dimension is the padded last one of c floats,
// and a row of `len` vec4s is one softmax.
// @import lib/tail
struct Params { lines: u32, len: u32, inner: u32, c: u32, c4: u32 }

override WG: u32 = 64;
override LAST: bool = false;
override MASK: bool = false;

const LOWEST: f32 = -3.4028234e38;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn load(i: u32, group: u32) -> vec4f {
  if (!LAST || !MASK) { return x[i]; }
  return select(x[i], vec4f(LOWEST), vec4u(0u, 1u, 2u, 3u) + group * 4u >= vec4u(params.c));
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let line = gid.x + gid.y * groups.x * WG;
  if (line >= params.lines) { return; }
  let first = line / params.inner * params.len * params.inner + line % params.inner;

  var most = vec4f(LOWEST);
  for (var k = 0u; k < params.len; k++) { most = max(most, load(first + k * params.inner, k)); }
  if (LAST) { most = vec4f(max(max(most.x, most.y), max(most.z, most.w))); }

  var sum = vec4f();
  for (var k = 0u; k < params.len; k++) { sum += exp(load(first + k * params.inner, k) - most); }
  if (LAST) { sum = vec4f(dot(sum, vec4f(1.0))); }

  for (var k = 0u; k < params.len; k++) {
    let i = first + k * params.inner;
    var v = exp(load(i, k) - most) / sum;
    if (MASK && !LAST) { v = zero_tail(v, line % params.c4, params.c); }
    y[i] = v;
  }
}
