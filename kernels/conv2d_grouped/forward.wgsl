// y[p, o] = bias[o] + residual[p, o] + sum over t, k of x[p * stride + t * dilation - pad, first(o) + k] * w[t, k, o]
// x: [n, h, w, cin]  w: [kh, kw, cin / groups, cout]  y, residual: [n, oh, ow, cout];  first(o) is the first input
// channel of o's group. A thread makes four output channels of one pixel; they may belong to different groups.
struct Params {
  n: u32, h: u32, w: u32, cin4: u32, oh: u32, ow: u32, cout: u32, cout4: u32, cin_group: u32, cout_group: u32,
  kh: u32, kw: u32, sy: u32, sx: u32, py: u32, px: u32, dy: u32, dx: u32,
}

override WG: u32 = 64;
override HAS_BIAS: bool = false;
override HAS_RESIDUAL: bool = false;
// One channel in, one out in each group: channel o reads channel o.
override DEPTHWISE: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn x_at(row: u32, c: u32) -> f32 { return x[row + c / 4u][c % 4u]; }

fn x_lanes(row: u32, c: vec4u) -> vec4f {
  if (DEPTHWISE) { return x[row + c.x / 4u]; }
  return vec4f(x_at(row, c.x), x_at(row, c.y), x_at(row, c.z), x_at(row, c.w));
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.oh * params.ow * params.cout4) { return; }
  let col = i % params.cout4;
  let pixel = i / params.cout4;
  let line = pixel / params.ow;
  let o = vec4u(0u, 1u, 2u, 3u) + col * 4u;
  let first = min(o, vec4u(params.cout - 1u)) / params.cout_group * params.cin_group;
  var sum = vec4f();
  for (var ty = 0u; ty < params.kh; ty++) {
    // Below zero wraps round to a large number, so one comparison finds both ends.
    let iy = line % params.oh * params.sy + ty * params.dy - params.py;
    if (iy >= params.h) { continue; }
    for (var tx = 0u; tx < params.kw; tx++) {
      let ix = pixel % params.ow * params.sx + tx * params.dx - params.px;
      if (ix >= params.w) { continue; }
      let row = ((line / params.oh * params.h + iy) * params.w + ix) * params.cin4;
      let tap = (ty * params.kw + tx) * params.cin_group;
      for (var k = 0u; k < params.cin_group; k++) {
        sum = fma(x_lanes(row, first + k), w[(tap + k) * params.cout4 + col], sum);
      }
    }
  }
  sum = select(sum, vec4f(), o >= vec4u(params.cout));
  if (HAS_BIAS) { sum += bias[col]; }
  if (HAS_RESIDUAL) { sum += residual[i]; }
  y[i] = sum;
}
