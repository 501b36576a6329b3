// dx[q, i] = bias[i] + sum over t, o with q + pad - t * dilation = p * stride of dy[p, o] * w[t, i, o]
// dy: [n, oh, ow, cout]  wt: [kh, kw, cout, cin], w transposed  dx: [n, h, w, cin]; also conv_transpose2d's forward.
// Implicit GEMM by sub-pixel phases: z is the phase (q mod stride), a segment is one tap and empty where the tap
// does not meet the phase, so that no zero is inserted and none is multiplied. k runs over output channels.
// @core gemm/plain gemm/subgroup gemm/tiled gemm/deep gemm/matrix gemm/matrix_early
struct Params {
  n: u32, h: u32, w: u32, cin_pitch: u32, oh: u32, ow: u32, cout: u32, cout_pitch: u32,
  kh: u32, kw: u32, sy: u32, sx: u32, py: u32, px: u32, dy: u32, dx: u32, qh: u32, qw: u32,
}

override HAS_BIAS: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> wt: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn segments(z: u32) -> u32 { return params.kh * params.kw; }

fn depth(seg: u32, z: u32) -> u32 {
  let ty = z / params.sx + params.py + params.kh * params.dy * params.sy - seg / params.kw * params.dy;
  let tx = z % params.sx + params.px + params.kw * params.dx * params.sx - seg % params.kw * params.dx;
  return select(0u, params.cout, ty % params.sy == 0u && tx % params.sx == 0u);
}

// Row of the phase's sub-grid -> picture, and the pixel (iy, ix) of x that it stands for.
fn pixel(row: u32, z: u32) -> vec3u {
  let line = row / params.qw;
  return vec3u(line / params.qh, (line % params.qh) * params.sy + z / params.sx, (row % params.qw) * params.sx + z % params.sx);
}

fn a_origin(row: u32, z: u32) -> vec4i {
  let p = pixel(min(row, params.n * params.qh * params.qw - 1u), z);
  return vec4i(i32(p.y + params.py), i32(p.z + params.px), i32(p.x * params.oh), 0);
}

fn a_row(origin: vec4i, seg: u32, z: u32) -> vec2i {
  let y = origin.x - i32(seg / params.kw * params.dy);
  let x = origin.y - i32(seg % params.kw * params.dx);
  let oy = y / i32(params.sy);
  let ox = x / i32(params.sx);
  let inside = y >= 0 && x >= 0 && oy < i32(params.oh) && ox < i32(params.ow);
  let offset = ((origin.z + oy) * i32(params.ow) + ox) * i32(params.cout_pitch);
  return vec2i(select(0, offset, inside), select(0, 1, inside));
}

fn a_at(base: vec2i, k: u32) -> f32 { return select(0.0, dy[u32(base.x) + k], base.y != 0); }

fn b_row(seg: u32, col: u32, z: u32) -> u32 {
  let cols = params.cin_pitch / 4u;
  return seg * params.cout * cols + min(col, cols - 1u);
}
fn b_at(base: u32, k: u32) -> vec4f { return wt[base + k * (params.cin_pitch / 4u)]; }

fn start(col: u32, z: u32) -> vec4f {
  if (!HAS_BIAS) { return vec4f(); }
  return bias[min(col, params.cin_pitch / 4u - 1u)];
}

fn store(row: u32, col: u32, z: u32, acc: vec4f) {
  let p = pixel(row, z);
  let cols = params.cin_pitch / 4u;
  if (p.x >= params.n || p.y >= params.h || p.z >= params.w || col >= cols) { return; }
  dx[((p.x * params.h + p.y) * params.w + p.z) * cols + col] = acc;
}
