// y[z, m, n] = bias[n] + residual[z, m, n] + sum over k of op(a)[z, m, k] * b[z, k, n];  op transposes where asked.
// a: [z, m, k] or [z, k, m]   b: [z, k, n]   y, residual: [z, m, n].
// GEMM with one segment; strides between matrices are given, 0 shares one matrix among all z.
// @core gemm/plain gemm/subgroup gemm/tiled gemm/deep gemm/matrix gemm/matrix_early
struct Params { m: u32, n: u32, k: u32, a_pitch: u32, n4: u32, a_batch: u32, b_batch4: u32 }

override TRANS_A: bool = false;
override HAS_BIAS: bool = false;
override HAS_RESIDUAL: bool = false;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn segments(z: u32) -> u32 { return 1u; }
fn depth(seg: u32, z: u32) -> u32 { return params.k; }

fn a_origin(row: u32, z: u32) -> vec4i {
  let r = min(row, params.m - 1u);
  return vec4i(i32(z * params.a_batch + select(r * params.a_pitch, r, TRANS_A)), 0, 0, 0);
}
fn a_row(origin: vec4i, seg: u32, z: u32) -> vec2i { return origin.xy; }
fn a_at(base: vec2i, k: u32) -> f32 { return a[u32(base.x) + k * select(1u, params.a_pitch, TRANS_A)]; }

fn b_row(seg: u32, col: u32, z: u32) -> u32 { return z * params.b_batch4 + min(col, params.n4 - 1u); }
fn b_at(base: u32, k: u32) -> vec4f { return b[base + k * params.n4]; }

// What the sums of a column begin with: added when they are stored, the bias would be loaded for every row.
fn start(col: u32, z: u32) -> vec4f {
  if (!HAS_BIAS) { return vec4f(); }
  return bias[min(col, params.n4 - 1u)];
}

fn store(row: u32, col: u32, z: u32, acc: vec4f) {
  if (row >= params.m || col >= params.n4) { return; }
  let i = (z * params.m + row) * params.n4 + col;
  var v = select(acc, vec4f(), vec4u(0u, 1u, 2u, 3u) + col * 4u >= vec4u(params.n));
  if (HAS_RESIDUAL) { v += residual[i]; }
  y[i] = v;
}
