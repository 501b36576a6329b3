// y = a b;  a: [m, k]  b: [k, n]  y: [m, n], n in vec4.  Eight rows and one vec4 column a thread, in registers.
// Learned: nine loads for 32 multiply-adds instead of 64: ten times the naive kernel (3.5 to 3.8 GFLOP/s on lavapipe at
// 512). Four columns more (8x8) spill registers there and halve that; tiles in workgroup memory are slower still, since
// for a processor that memory is a detour through the same cache. It is the fallback where there are no subgroups.
struct Params { m: u32, n4: u32, k: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  let row = gid.y * 8u;
  if (gid.x >= params.n4 || row >= params.m) { return; }
  var acc = array<vec4f, 8>();
  for (var k = 0u; k < params.k; k++) {
    let right = b[k * params.n4 + gid.x];
    // @unroll 8
    { const i = 0u; acc[i] = fma(vec4f(a[(row + i) * params.k + k]), right, acc[i]); }
  }
  // @unroll 8
  { const i = 0u; y[(row + i) * params.n4 + gid.x] = acc[i]; }
}
