// GEMM core: c[row, col] = sum over seg, k of a(row, seg, k) * b(seg, k, col), COLS vec4 columns a lane.
// Lanes own columns; together they hold SG different rows of A as scalars and pass them round with
// subgroupBroadcast. No workgroup memory and no barriers: the winning form on software devices.
// The importing file gives: segments, depth, a_origin, a_row, a_at, b_row, b_at, start, store.
enable subgroups;

const SG: u32 = 8u;     // @specialize
const ROWS: u32 = 16u;  // @specialize
const COLS: u32 = 1u;   // @specialize
const HELD: u32 = ROWS / SG;

override WY: u32 = 4;

@compute @workgroup_size(SG, WY)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let z = wg.z;
  let col0 = wg.x * SG * COLS + lid.x;
  let row0 = (wg.y * WY + lid.y) * ROWS;
  var origin: array<vec4i, HELD>;
  // @unroll HELD
  { const h = 0u; origin[h] = a_origin(row0 + h * SG + lid.x, z); }
  var acc: array<array<vec4f, ROWS>, COLS>;
  // @unroll COLS
  { const c = 0u;
    let first = start(col0 + c * SG, z);
    // @unroll ROWS
    { const i = 0u; acc[c][i] = first; }
  }
  for (var seg = 0u; seg < segments(z); seg++) {
    let d = depth(seg, z);
    if (d == 0u) { continue; }
    var a_base: array<vec2i, HELD>;
    // @unroll HELD
    { const h = 0u; a_base[h] = a_row(origin[h], seg, z); }
    var b_base: array<u32, COLS>;
    // @unroll COLS
    { const c = 0u; b_base[c] = b_row(seg, col0 + c * SG, z); }
    for (var k = 0u; k < d; k++) {
      var a: array<f32, HELD>;
      // @unroll HELD
      { const h = 0u; a[h] = a_at(a_base[h], k); }
      var b: array<vec4f, COLS>;
      // @unroll COLS
      { const c = 0u; b[c] = b_at(b_base[c], k); }
      // @unroll ROWS
      { const i = 0u;
        let ai = vec4f(subgroupBroadcast(a[i / SG], i % SG));
        // @unroll COLS
        { const c = 0u; acc[c][i] = fma(ai, b[c], acc[c][i]); }
      }
    }
  }
  // @unroll ROWS
  { const i = 0u;
    // @unroll COLS
    { const c = 0u; store(row0 + i, col0 + c * SG, z, acc[c][i]); }
  }
}
