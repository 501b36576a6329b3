// u[(r, s), k, n] = (G g G^T)[r, s], g[t] = w[t, k, n]; TURNED, for the input gradient: g[t] = w[8 - t, n, k]
// w: [3, 3, cin, cout]  u: [16, cin, cout], TURNED [16, cout, cin]; G = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1]
// Source: A. Lavin, S. Gray 2016, Fast algorithms for convolutional neural networks, section 4.1.
// @import winograd/taps
struct Params { cin: u32, cout_pitch: u32, rows: u32, cols4: u32 }

override WG: u32 = 64;
override TURNED: bool = false;

@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read_write> u: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// G g.
fn transformed(g: array<vec4f, 3>) -> array<vec4f, 4> {
  let even = 0.5 * (g[0] + g[2]);
  let odd = 0.5 * g[1];
  return array<vec4f, 4>(g[0], even + odd, even - odd, g[2]);
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  let step = params.rows * params.cols4;
  if (i >= step) { return; }
  var t: array<array<vec4f, 4>, 3>;
  // @unroll 3
  { const s = 0u; t[s] = transformed(column(s, i / params.cols4, i % params.cols4)); }
  // @unroll 4
  { const r = 0u;
    let line = transformed(array<vec4f, 3>(t[0][r], t[1][r], t[2][r]));
    // @unroll 4
    { const s = 0u; u[i + (4u * r + s) * step] = line[s]; }
  }
}
