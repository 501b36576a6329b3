// y[4 tile + (a, b), o] = bias[o] + residual[4 tile + (a, b), o] + (A^T m A)[a, b], m[r, s] = m[(r, s), tile, o]
// m: [36, tiles, o]  y, residual: [n, oh, ow, o]; A^T for the points of winograd/points
// Source: A. Lavin, S. Gray 2016, Fast algorithms for convolutional neural networks, section 4.2, with other points.
// @import winograd/points
struct Params { oh: u32, ow: u32, c4: u32, th: u32, tw: u32, tiles: u32 }

override WX: u32 = 8;
override WY: u32 = 8;
override HAS_BIAS: bool = false;
override HAS_RESIDUAL: bool = false;

@group(0) @binding(0) var<storage, read> m: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read> residual: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// The tile's pixel (oy, ox) of picture `row / oh`, where the picture reaches that far.
fn store(row: u32, oy: u32, ox: u32, c: u32, sum: vec4f) {
  if (oy >= params.oh || ox >= params.ow) { return; }
  let at = ((row + oy) * params.ow + ox) * params.c4 + c;
  var out = sum;
  if (HAS_BIAS) { out += bias[c]; }
  if (HAS_RESIDUAL) { out += residual[at]; }
  y[at] = out;
}

// A^T m.
fn transformed(m: array<vec4f, 6>) -> array<vec4f, 4> {
  let even_p = m[1] + m[2];
  let odd_p = P * (m[1] - m[2]);
  let even_q = m[3] + m[4];
  let odd_q = Q * (m[3] - m[4]);
  return array<vec4f, 4>(
    m[0] + even_p + even_q,
    odd_p + odd_q,
    PP * even_p + QQ * even_q,
    PP * odd_p + QQ * odd_q + m[5],
  );
}

@compute @workgroup_size(WX, WY)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  let c = gid.x;
  let tile = gid.y;
  if (c >= params.c4 || tile >= params.tiles) { return; }
  let step = params.tiles * params.c4;
  let i = tile * params.c4 + c;
  let line = tile / params.tw;
  let row = line / params.th * params.oh;
  let oy = line % params.th * 4u;
  let ox = tile % params.tw * 4u;
  var t: array<array<vec4f, 4>, 6>;
  // @unroll 6
  { const s = 0u;
    var column: array<vec4f, 6>;
    // @unroll 6
    { const r = 0u; column[r] = m[i + (6u * r + s) * step]; }
    t[s] = transformed(column);
  }
  // @unroll 4
  { const a = 0u;
    let out = transformed(array<vec4f, 6>(t[0][a], t[1][a], t[2][a], t[3][a], t[4][a], t[5][a]));
    // @unroll 4
    { const b = 0u; store(row, oy + a, ox + b, c, out[b]); }
  }
}
