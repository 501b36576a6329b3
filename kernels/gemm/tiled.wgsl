// GEMM core: c[row, col] = sum over seg, k of a(row, seg, k) * b(seg, k, col), with tiles in workgroup memory.
// TX x TY threads make TY * ROWS rows and TX * COLS vec4 columns; they fetch DEPTH steps along k together, so that
// each value of A is read once per TX * COLS columns, and each of B once per TY * ROWS rows. The form for GPUs.
// ROWS_FIRST lets neighbouring threads fetch neighbouring rows of A, where those lie side by side, else steps of k.
// The importing file gives: segments, depth, a_origin, a_row, a_at, b_row, b_at, start, store.
// Source: V. Volkov, J. Demmel 2008, Benchmarking GPUs to tune dense linear algebra.
const ROWS: u32 = 8u;    // @specialize
const COLS: u32 = 1u;    // @specialize
const TX: u32 = 16u;     // @specialize
const TY: u32 = 8u;      // @specialize
const DEPTH: u32 = 16u;  // @specialize
const QUADS: u32 = ROWS / 4u;

const THREADS: u32 = TX * TY;
const TILE_ROWS: u32 = TY * ROWS;
const TILE_QUADS: u32 = TILE_ROWS / 4u;
const TILE_COLS: u32 = TX * COLS;

override ROWS_FIRST: bool = false;

var<workgroup> bases: array<vec2i, TILE_ROWS>;
var<workgroup> a_tile: array<vec4f, DEPTH * TILE_QUADS>;  // [k][row / 4]
var<workgroup> b_tile: array<vec4f, DEPTH * TILE_COLS>;   // [k][col]

// Four rows of A at step k; zero past the end, where B's rows belong to another segment.
fn a_quad(quad: u32, k: u32, d: u32) -> vec4f {
  if (k >= d) { return vec4f(); }
  let r = quad * 4u;
  return vec4f(a_at(bases[r], k), a_at(bases[r + 1u], k), a_at(bases[r + 2u], k), a_at(bases[r + 3u], k));
}

fn fetch_a(thread: u32, k0: u32, d: u32) {
  for (var i = thread; i < DEPTH * TILE_QUADS; i += THREADS) {
    let k = select(i % DEPTH, i / TILE_QUADS, ROWS_FIRST);
    let quad = select(i / DEPTH, i % TILE_QUADS, ROWS_FIRST);
    a_tile[k * TILE_QUADS + quad] = a_quad(quad, k0 + k, d);
  }
}

fn fetch_b(thread: u32, b_base: u32, k0: u32, d: u32) {
  for (var i = thread; i < DEPTH * TILE_COLS; i += THREADS) {
    let k = k0 + i / TILE_COLS;
    if (k < d) { b_tile[i] = b_at(b_base, k); } else { b_tile[i] = vec4f(); }
  }
}

@compute @workgroup_size(TX, TY)
fn main(
  @builtin(workgroup_id) wg: vec3u,
  @builtin(local_invocation_id) lid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let z = wg.z;
  let row0 = wg.y * TILE_ROWS;
  let col0 = wg.x * TILE_COLS;
  var acc: array<array<vec4f, ROWS>, COLS>;
  // @unroll COLS
  { const c = 0u;
    let first = start(col0 + c * TX + lid.x, z);
    // @unroll ROWS
    { const i = 0u; acc[c][i] = first; }
  }
  for (var seg = 0u; seg < segments(z); seg++) {
    let d = depth(seg, z);
    if (d == 0u) { continue; }
    workgroupBarrier();  // The last segment's bases have been used.
    for (var r = thread; r < TILE_ROWS; r += THREADS) { bases[r] = a_row(a_origin(row0 + r, z), seg, z); }
    let b_base = b_row(seg, col0 + thread % TILE_COLS, z);
    for (var k0 = 0u; k0 < d; k0 += DEPTH) {
      workgroupBarrier();
      fetch_a(thread, k0, d);
      fetch_b(thread, b_base, k0, d);
      workgroupBarrier();
      for (var k = 0u; k < DEPTH; k++) {
        var b: array<vec4f, COLS>;
        // @unroll COLS
        { const c = 0u; b[c] = b_tile[k * TILE_COLS + c * TX + lid.x]; }
        // @unroll QUADS
        { const q = 0u;
          let a = a_tile[k * TILE_QUADS + lid.y * QUADS + q];
          // @unroll COLS
          { const c = 0u;
            acc[c][4u * q] = fma(vec4f(a.x), b[c], acc[c][4u * q]);
            acc[c][4u * q + 1u] = fma(vec4f(a.y), b[c], acc[c][4u * q + 1u]);
            acc[c][4u * q + 2u] = fma(vec4f(a.z), b[c], acc[c][4u * q + 2u]);
            acc[c][4u * q + 3u] = fma(vec4f(a.w), b[c], acc[c][4u * q + 3u]);
          }
        }
      }
    }
  }
  // @unroll ROWS
  { const i = 0u;
    // @unroll COLS
    { const c = 0u; store(row0 + lid.y * ROWS + i, col0 + c * TX + lid.x, z, acc[c][i]); }
  }
}
