// dw[t, i, o] = sum over p of x[p * stride + t * dilation - pad, i] * dy[p, o]
// x: [n, h, w, cin]  dy: [n, oh, ow, cout]  dw: [splits, kh, kw, cin, cout]; reduce/rows adds the splits in order.
// Implicit GEMM: rows are (tap, input channel), a segment is one line of output pixels, k runs along it,
// z is the split of the lines (split-K keeps wide devices busy where there are few weights).
// @core gemm/plain gemm/subgroup gemm/tiled gemm/deep gemm/matrix gemm/matrix_early
struct Params {
  rows: u32, h: u32, w: u32, cin: u32, cin_pitch: u32, oh: u32, ow: u32, cout4: u32,
  kw: u32, sy: u32, sx: u32, py: u32, px: u32, dy: u32, dx: u32, lines: u32, lines_per_split: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn segments(z: u32) -> u32 {
  let first = z * params.lines_per_split;
  return min(params.lines_per_split, params.lines - min(first, params.lines));
}
fn depth(seg: u32, z: u32) -> u32 { return params.ow; }

// Offset of this weight's tap in the picture (y, x), and its channel.
fn a_origin(row: u32, z: u32) -> vec4i {
  let r = min(row, params.rows - 1u);
  let tap = r / params.cin;
  let ty = tap / params.kw * params.dy;
  let tx = tap % params.kw * params.dx;
  return vec4i(i32(ty) - i32(params.py), i32(tx) - i32(params.px), i32(r % params.cin), 0);
}

fn a_row(origin: vec4i, seg: u32, z: u32) -> vec2i {
  let line = z * params.lines_per_split + seg;
  let iy = i32(line % params.oh * params.sy) + origin.x;
  let offset = (i32(line / params.oh * params.h) + iy) * i32(params.w * params.cin_pitch) + origin.z;
  return vec2i(select(-1, offset, u32(iy) < params.h), origin.y);
}

fn a_at(base: vec2i, k: u32) -> f32 {
  let ix = i32(k * params.sx) + base.y;
  let inside = base.x >= 0 && u32(ix) < params.w;
  return select(0.0, x[select(0u, u32(base.x + ix * i32(params.cin_pitch)), inside)], inside);
}

fn b_row(seg: u32, col: u32, z: u32) -> u32 {
  return (z * params.lines_per_split + seg) * params.ow * params.cout4 + min(col, params.cout4 - 1u);
}
fn b_at(base: u32, k: u32) -> vec4f { return dy[base + k * params.cout4]; }

fn start(col: u32, z: u32) -> vec4f { return vec4f(); }

fn store(row: u32, col: u32, z: u32, acc: vec4f) {
  if (row >= params.rows || col >= params.cout4) { return; }
  dw[(z * params.rows + row) * params.cout4 + col] = acc;
}
