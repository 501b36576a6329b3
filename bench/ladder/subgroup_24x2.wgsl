// y = a b;  a: [m, k]  b: [k, n]  y: [m, n], n in vec4.  A subgroup holds 24 rows, each lane two vec4 columns.
// Learned: a broadcast serves both columns, and three loads of A and two of B serve 192 multiply-adds. It is what
// kernels/gemm/subgroup.wgsl does today for tall products; 32 rows or three columns no longer fit into registers.
enable subgroups;

struct Params { m: u32, n4: u32, k: u32 }

const SG: u32 = 8u;  // @specialize
const ROWS: u32 = 24u;
const HELD: u32 = ROWS / SG;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(SG, 4)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let col = wg.x * SG * 2u + lid.x;
  let row = (wg.y * 4u + lid.y) * ROWS;
  var acc0 = array<vec4f, ROWS>();
  var acc1 = array<vec4f, ROWS>();
  for (var k = 0u; k < params.k; k++) {
    var left = array<f32, HELD>();
    // @unroll HELD
    { const h = 0u; left[h] = a[min(row + h * SG + lid.x, params.m - 1u) * params.k + k]; }
    let right0 = b[k * params.n4 + min(col, params.n4 - 1u)];
    let right1 = b[k * params.n4 + min(col + SG, params.n4 - 1u)];
    // @unroll ROWS
    { const i = 0u;
      let ai = vec4f(subgroupBroadcast(left[i / SG], i % SG));
      acc0[i] = fma(ai, right0, acc0[i]);
      acc1[i] = fma(ai, right1, acc1[i]);
    }
  }
  // @unroll ROWS
  { const i = 0u;
    if (row + i < params.m) {
      if (col < params.n4) { y[(row + i) * params.n4 + col] = acc0[i]; }
      if (col + SG < params.n4) { y[(row + i) * params.n4 + col + SG] = acc1[i]; }
    }
  }
}
