// y[2 tile + (a, b), o] = bias[o] + residual[2 tile + (a, b), o] + (A^T m A)[a, b], m[r, s] = m[(r, s), tile, o]
// m: [16, tiles, o]  y, residual: [n, oh, ow, o]; A^T = [1 1 1 0; 0 1 -1 -1]
// Source: A. Lavin, S. Gray 2016, Fast algorithms for convolutional neural networks, section 4.1.
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

@compute @workgroup_size(WX, WY)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  let c = gid.x;
  let tile = gid.y;
  if (c >= params.c4 || tile >= params.tiles) { return; }
  let step = params.tiles * params.c4;
  let i = tile * params.c4 + c;
  let line = tile / params.tw;
  let row = line / params.th * params.oh;
  let oy = line % params.th * 2u;
  let ox = tile % params.tw * 2u;
  var t: array<array<vec4f, 4>, 2>;
  // @unroll 4
  { const s = 0u;
    let m1 = m[i + (4u + s) * step];
    let m2 = m[i + (8u + s) * step];
    t[0][s] = m[i + s * step] + m1 + m2;
    t[1][s] = m1 - m2 - m[i + (12u + s) * step];
  }
  // @unroll 2
  { const a = 0u;
    store(row, oy + a, ox, c, t[a][0] + t[a][1] + t[a][2]);
    store(row, oy + a, ox + 1u, c, t[a][1] - t[a][2] - t[a][3]);
  }
}
