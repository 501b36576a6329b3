// GEMM core: c[row, col] = sum over seg, k of a(row, seg, k) * b(seg, k, col), for GPUs where results are few and sums long.
// The LANES * SEGS threads of a workgroup share the depth of ROWS rows of one vec4 column: LANES of them stand side by
// side along k, SEGS such lines take turns at the segments. Then halves add the other halves' sums, always in one order.
// The importing file gives: segments, depth, a_origin, a_row, a_at, b_row, b_at, start, store.
// Source: the split along k of M. Harris 2007, Optimizing parallel reduction in CUDA.
const ROWS: u32 = 8u;    // @specialize
const LANES: u32 = 64u;  // @specialize
const SEGS: u32 = 1u;    // @specialize

const THREADS: u32 = LANES * SEGS;

var<workgroup> sums: array<array<vec4f, ROWS>, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) thread: u32) {
  let z = wg.z;
  let row0 = wg.y * ROWS;
  let col = wg.x;
  var origin: array<vec4i, ROWS>;
  // @unroll ROWS
  { const i = 0u; origin[i] = a_origin(row0 + i, z); }
  var acc: array<vec4f, ROWS>;
  for (var seg = thread / LANES; seg < segments(z); seg += SEGS) {
    var base: array<vec2i, ROWS>;
    // @unroll ROWS
    { const i = 0u; base[i] = a_row(origin[i], seg, z); }
    let b_base = b_row(seg, col, z);
    let d = depth(seg, z);
    for (var k = thread % LANES; k < d; k += LANES) {
      let b = b_at(b_base, k);
      // @unroll ROWS
      { const i = 0u; acc[i] = fma(vec4f(a_at(base[i], k)), b, acc[i]); }
    }
  }
  sums[thread] = acc;
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      // @unroll ROWS
      { const i = 0u; sums[thread][i] += sums[thread + half][i]; }
    }
  }
  workgroupBarrier();
  if (thread < ROWS) { store(row0 + thread, col, z, start(col, z) + sums[0][thread]); }
}
