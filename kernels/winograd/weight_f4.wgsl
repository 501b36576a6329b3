// u[(r, s), k, n] = (G g G^T)[r, s], g[t] = w[t, k, n]; TURNED, for the input gradient: g[t] = w[8 - t, n, k]
// w: [3, 3, cin, cout]  u: [36, cin, cout], TURNED [36, cout, cin]; G for the points of winograd/points
// Source: A. Lavin, S. Gray 2016, Fast algorithms for convolutional neural networks, section 4.2, with other points.
// @import winograd/taps winograd/points
struct Params { cin: u32, cout_pitch: u32, rows: u32, cols4: u32 }

override WG: u32 = 64;
override TURNED: bool = false;

@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read_write> u: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// G g.
fn transformed(g: array<vec4f, 3>) -> array<vec4f, 6> {
  const p = 1.0 / (2.0 * PP * (PP - QQ));
  const q = 1.0 / (2.0 * QQ * (QQ - PP));
  let even_p = p * (g[0] + PP * g[2]);
  let odd_p = p * P * g[1];
  let even_q = q * (g[0] + QQ * g[2]);
  let odd_q = q * Q * g[1];
  return array<vec4f, 6>(
    g[0] * (1.0 / (PP * QQ)),
    even_p + odd_p,
    even_p - odd_p,
    even_q + odd_q,
    even_q - odd_q,
    g[2],
  );
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  let step = params.rows * params.cols4;
  if (i >= step) { return; }
  var t: array<array<vec4f, 6>, 3>;
  // @unroll 3
  { const s = 0u; t[s] = transformed(column(s, i / params.cols4, i % params.cols4)); }
  // @unroll 6
  { const r = 0u;
    let line = transformed(array<vec4f, 3>(t[0][r], t[1][r], t[2][r]));
    // @unroll 6
    { const s = 0u; u[i + (6u * r + s) * step] = line[s]; }
  }
}
