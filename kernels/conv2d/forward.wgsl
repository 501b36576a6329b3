// y[p, o] = bias[o] + residual[p, o] + sum over t, i of x[p * stride + t * dilation - pad, i] * w[t, i, o]
// x: [n, h, w, cin]  w: [kh, kw, cin, cout]  y, residual: [n, oh, ow, cout]; zero padding, one group.
// Implicit GEMM: rows are output pixels, a segment is one tap, k runs over input channels.
// @core gemm/plain gemm/subgroup gemm/tiled gemm/deep gemm/matrix gemm/matrix_early
struct Params {
  rows: u32, h: u32, w: u32, cin: u32, cin_pitch: u32, oh: u32, ow: u32, cout4: u32,
  kh: u32, kw: u32, sy: u32, sx: u32, py: u32, px: u32, dy: u32, dx: u32,
}

override HAS_BIAS: bool = false;
override HAS_RESIDUAL: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn segments(z: u32) -> u32 { return params.kh * params.kw; }
fn depth(seg: u32, z: u32) -> u32 { return params.cin; }

// Input corner of an output pixel (iy, ix) and the first row of its picture; rows past the end repeat the last.
fn a_origin(row: u32, z: u32) -> vec4i {
  let p = min(row, params.rows - 1u);
  let line = p / params.ow;
  let iy = (line % params.oh) * params.sy;
  let ix = (p % params.ow) * params.sx;
  return vec4i(i32(iy) - i32(params.py), i32(ix) - i32(params.px), i32(line / params.oh * params.h), 0);
}

fn a_row(origin: vec4i, seg: u32, z: u32) -> vec2i {
  let iy = origin.x + i32(seg / params.kw * params.dy);
  let ix = origin.y + i32(seg % params.kw * params.dx);
  let inside = u32(iy) < params.h && u32(ix) < params.w;
  let offset = ((origin.z + iy) * i32(params.w) + ix) * i32(params.cin_pitch);
  return vec2i(select(0, offset, inside), select(0, 1, inside));
}

fn a_at(base: vec2i, k: u32) -> f32 { return select(0.0, x[u32(base.x) + k], base.y != 0); }

fn b_row(seg: u32, col: u32, z: u32) -> u32 { return seg * params.cin * params.cout4 + min(col, params.cout4 - 1u); }
fn b_at(base: u32, k: u32) -> vec4f { return w[base + k * params.cout4]; }

// What the sums of a column begin with: added when they are stored, the bias would be loaded for every row.
fn start(col: u32, z: u32) -> vec4f {
  if (!HAS_BIAS) { return vec4f(); }
  return bias[min(col, params.cout4 - 1u)];
}

fn store(row: u32, col: u32, z: u32, acc: vec4f) {
  if (row >= params.rows || col >= params.cout4) { return; }
  let i = row * params.cout4 + col;
  var v = acc;
  if (HAS_RESIDUAL) { v += residual[i]; }
  y[i] = v;
}
