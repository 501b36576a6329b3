// dx[q, c] = bias[c] + sum over t, k with q + pad - t * dilation = p * stride
//            of dy[p, first(c) + k] * w[t, local(c), first(c) + k]
// dy: [n, oh, ow, cout]  w: [kh, kw, cin / groups, cout]  dx: [n, h, w, cin]; also the forward of a grouped
// conv_transpose2d. first(c) is the first output channel of c's group, local(c) the place of c in its group.
struct Params {
  n: u32, h: u32, w: u32, cin: u32, cin4: u32, oh: u32, ow: u32, cout4: u32, cin_group: u32, cout_group: u32,
  kh: u32, kw: u32, sy: u32, sx: u32, py: u32, px: u32, dy: u32, dx: u32,
}

override WG: u32 = 64;
override HAS_BIAS: bool = false;
// One channel in, one out in each group: channel c reads channel c.
override DEPTHWISE: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// The product of one tap and one channel of dy, from the rows of dy and w.
fn product(dy_row: u32, w_row: u32, c: u32) -> f32 {
  return dy[dy_row + c / 4u][c % 4u] * w[w_row + c / 4u][c % 4u];
}

fn products(dy_row: u32, w_row: vec4u, c: vec4u) -> vec4f {
  if (DEPTHWISE) { return dy[dy_row + c.x / 4u] * w[w_row.x + c.x / 4u]; }
  return vec4f(
    product(dy_row, w_row.x, c.x), product(dy_row, w_row.y, c.y),
    product(dy_row, w_row.z, c.z), product(dy_row, w_row.w, c.w));
}

// The output coordinate whose tap falls on q, or one that lies outside.
fn output(q: u32, pad: u32, tap: u32, stride: u32) -> u32 {
  let at = q + pad - tap;
  return select(0xffffffffu, at / stride, q + pad >= tap && at % stride == 0u);
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.h * params.w * params.cin4) { return; }
  let col = i % params.cin4;
  let pixel = i / params.cin4;
  let line = pixel / params.w;
  let lanes = vec4u(0u, 1u, 2u, 3u) + col * 4u;
  let c = min(lanes, vec4u(params.cin - 1u));
  let first = c / params.cin_group * params.cout_group;
  var sum = vec4f();
  for (var ty = 0u; ty < params.kh; ty++) {
    let oy = output(line % params.h, params.py, ty * params.dy, params.sy);
    if (oy >= params.oh) { continue; }
    for (var tx = 0u; tx < params.kw; tx++) {
      let ox = output(pixel % params.w, params.px, tx * params.dx, params.sx);
      if (ox >= params.ow) { continue; }
      let dy_row = ((line / params.h * params.oh + oy) * params.ow + ox) * params.cout4;
      let w_row = ((ty * params.kw + tx) * params.cin_group + c % params.cin_group) * params.cout4;
      for (var k = 0u; k < params.cout_group; k++) { sum += products(dy_row, w_row, first + k); }
    }
  }
  sum = select(sum, vec4f(), lanes >= vec4u(params.cin));
  if (HAS_BIAS) { sum += bias[col]; }
  dx[i] = sum;
}
