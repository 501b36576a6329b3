// GEMM core: c[row, col] = sum over seg, k of a(row, seg, k) * b(seg, k, col), COLS vec4 columns and ROWS rows a thread.
// Registers only: runs on the lowest limits, and serves narrow outputs, where WX is small and lanes take rows.
// The importing file gives: segments, depth, a_origin, a_row, a_at, b_row, b_at, start, store.
const ROWS: u32 = 8u;  // @specialize
const COLS: u32 = 1u;  // @specialize

override WX: u32 = 8;
override WY: u32 = 8;

@compute @workgroup_size(WX, WY)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let z = wg.z;
  let col0 = wg.x * WX * COLS + lid.x;
  let row0 = (wg.y * WY + lid.y) * ROWS;
  var origin: array<vec4i, ROWS>;
  // @unroll ROWS
  { const i = 0u; origin[i] = a_origin(row0 + i, z); }
  var acc: array<array<vec4f, ROWS>, COLS>;
  // @unroll COLS
  { const c = 0u;
    let first = start(col0 + c * WX, z);
    // @unroll ROWS
    { const i = 0u; acc[c][i] = first; }
  }
  for (var seg = 0u; seg < segments(z); seg++) {
    let d = depth(seg, z);
    if (d == 0u) { continue; }
    var a_base: array<vec2i, ROWS>;
    // @unroll ROWS
    { const i = 0u; a_base[i] = a_row(origin[i], seg, z); }
    var b_base: array<u32, COLS>;
    // @unroll COLS
    { const c = 0u; b_base[c] = b_row(seg, col0 + c * WX, z); }
    for (var k = 0u; k < d; k++) {
      var b: array<vec4f, COLS>;
      // @unroll COLS
      { const c = 0u; b[c] = b_at(b_base[c], k); }
      // @unroll ROWS
      { const i = 0u;
        let a = vec4f(a_at(a_base[i], k));
        // @unroll COLS
        { const c = 0u; acc[c][i] = fma(a, b[c], acc[c][i]); }
      }
    }
  }
  // @unroll ROWS
  { const i = 0u;
    // @unroll COLS
    { const c = 0u; store(row0 + i, col0 + c * WX, z, acc[c][i]); }
  }
}
