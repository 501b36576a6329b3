// GEMM core: c[row, col] = sum over seg, k of a(row, seg, k) * b(seg, k, col), four columns and ROWS rows a thread.
// Registers only: runs on the lowest limits, and serves narrow outputs, where WX is small and lanes take rows.
// The importing file gives: cols, segments, depth, a_origin, a_row, a_at, b_row, b_at, store.
const ROWS: u32 = 8u;  // @specialize

override WX: u32 = 8;
override WY: u32 = 8;

@compute @workgroup_size(WX, WY)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let z = wg.z;
  let col = wg.x * WX + lid.x;
  let row0 = (wg.y * WY + lid.y) * ROWS;
  var origin: array<vec4i, ROWS>;
  // @unroll ROWS
  { const i = 0u; origin[i] = a_origin(row0 + i, z); }
  var acc: array<vec4f, ROWS>;
  for (var seg = 0u; seg < segments(z); seg++) {
    let d = depth(seg, z);
    if (d == 0u) { continue; }
    var a_base: array<vec2i, ROWS>;
    // @unroll ROWS
    { const i = 0u; a_base[i] = a_row(origin[i], seg, z); }
    let b_base = b_row(seg, col, z);
    for (var k = 0u; k < d; k++) {
      let b = b_at(b_base, k);
      // @unroll ROWS
      { const i = 0u; acc[i] = fma(vec4f(a_at(a_base[i], k)), b, acc[i]); }
    }
  }
  // @unroll ROWS
  { const i = 0u; store(row0 + i, col, z, acc[i]); }
}
