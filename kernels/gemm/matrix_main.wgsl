// GEMM core: c[row, col] = sum over seg, k of f16(a(row, seg, k)) * f16(b(seg, k, col)), summed in f32 by subgroup matrices
// of M x N x K (tensor cores). GY x GX subgroups of SG lanes make MY x MX matrices each; tiles of A and B are rounded to
// f16 on their way into workgroup memory, where all subgroups read them. Sums leave by way of workgroup memory too.
// gemm/matrix and gemm/matrix_early import this and give load_left, load_right, store_sum in either syntax.
// The kernel gives: segments, depth, a_origin, a_row, a_at, b_row, b_at, start, store.
// Source: WGSL extension chromium_experimental_subgroup_matrix; the staging is that of gemm/tiled.
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
// The compiler cannot know that a row of the workgroup is one subgroup.
diagnostic(off, chromium.subgroup_matrix_uniformity);

const SG: u32 = 32u;     // @specialize
const M: u32 = 16u;      // @specialize
const N: u32 = 16u;      // @specialize
const K: u32 = 16u;      // @specialize
const GY: u32 = 2u;      // @specialize
const GX: u32 = 2u;      // @specialize
const MY: u32 = 2u;      // @specialize
const MX: u32 = 2u;      // @specialize
const DEPTH: u32 = 32u;  // @specialize

const THREADS: u32 = SG * GX * GY;
const TILE_ROWS: u32 = GY * MY * M;
const TILE_COLS: u32 = GX * MX * N;
const TILE_QUADS: u32 = TILE_COLS / 4u;

override ROWS_FIRST: bool = false;

alias Left = subgroup_matrix_left<f16, K, M>;
alias Right = subgroup_matrix_right<f16, N, K>;
alias Sum = subgroup_matrix_result<f32, N, M>;

var<workgroup> bases: array<vec2i, TILE_ROWS>;
var<workgroup> a_tile: array<f16, TILE_ROWS * DEPTH>;      // [row][k]
var<workgroup> b_tile: array<f16, DEPTH * TILE_COLS>;      // [k][col]
var<workgroup> c_tile: array<f32, GX * M * N>;             // one matrix of each subgroup in a row

fn fetch_a(thread: u32, k0: u32, d: u32) {
  for (var i = thread; i < DEPTH * TILE_ROWS; i += THREADS) {
    let k = select(i % DEPTH, i / TILE_ROWS, ROWS_FIRST);
    let row = select(i / DEPTH, i % TILE_ROWS, ROWS_FIRST);
    var a = 0.0;
    if (k0 + k < d) { a = a_at(bases[row], k0 + k); }
    a_tile[row * DEPTH + k] = f16(a);
  }
}

fn fetch_b(thread: u32, b_base: u32, k0: u32, d: u32) {
  for (var i = thread; i < DEPTH * TILE_QUADS; i += THREADS) {
    let k = k0 + i / TILE_QUADS;
    var b = vec4f();
    if (k < d) { b = b_at(b_base, k); }
    for (var j = 0u; j < 4u; j++) { b_tile[4u * i + j] = f16(b[j]); }
  }
}

@compute @workgroup_size(SG, GX * GY)
fn main(
  @builtin(workgroup_id) wg: vec3u,
  @builtin(local_invocation_id) lid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let z = wg.z;
  let row0 = wg.y * TILE_ROWS;
  let quad0 = wg.x * TILE_QUADS;
  let group = lid.y;  // The subgroup's number, since a row of the workgroup is one.
  let first_row = group / GX * MY * M;
  let first_col = group % GX * MX * N;
  var acc: array<array<Sum, MX>, MY>;
  for (var seg = 0u; seg < segments(z); seg++) {
    let d = depth(seg, z);
    if (d == 0u) { continue; }
    workgroupBarrier();  // The last segment's bases have been used.
    for (var r = thread; r < TILE_ROWS; r += THREADS) { bases[r] = a_row(a_origin(row0 + r, z), seg, z); }
    let b_base = b_row(seg, quad0 + thread % TILE_QUADS, z);
    for (var k0 = 0u; k0 < d; k0 += DEPTH) {
      workgroupBarrier();
      fetch_a(thread, k0, d);
      fetch_b(thread, b_base, k0, d);
      workgroupBarrier();
      for (var k = 0u; k < DEPTH; k += K) {
        var right: array<Right, MX>;
        // @unroll MX
        { const x = 0u; right[x] = load_right(k * TILE_COLS + first_col + x * N); }
        // @unroll MY
        { const y = 0u;
          let left = load_left((first_row + y * M) * DEPTH + k);
          // @unroll MX
          { const x = 0u; acc[y][x] = subgroupMatrixMultiplyAccumulate(left, right[x], acc[y][x]); }
        }
      }
    }
  }
  // A row of subgroups at a time: sums of all of them would not fit beside the tiles.
  // @unroll MY
  { const y = 0u;
    // @unroll MX
    { const x = 0u;
      for (var line = 0u; line < GY; line++) {
        workgroupBarrier();
        if (group / GX == line) { store_sum(group % GX * M * N, acc[y][x]); }
        workgroupBarrier();
        for (var i = thread; i < GX * M * N / 4u; i += THREADS) {
          let sum = vec4f(c_tile[4u * i], c_tile[4u * i + 1u], c_tile[4u * i + 2u], c_tile[4u * i + 3u]);
          let at = i % (M * N / 4u);
          let row = row0 + (line * MY + y) * M + at / (N / 4u);
          let col = quad0 + (i / (M * N / 4u) * MX + x) * N / 4u + at % (N / 4u);
          store(row, col, z, start(col, z) + sum);
        }
      }
    }
  }
}
