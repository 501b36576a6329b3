// v[(r, s), tile, c] = (B^T d B)[r, s], d[y, x] = x[4 tile + (y, x) - pad, c], the tile's 6x6 pixels of channel c
// x: [n, h, w, c]  v: [36, tiles, c], tiles of 4x4 outputs; B^T for the points of winograd/points
// Source: A. Lavin, S. Gray 2016, Fast algorithms for convolutional neural networks, section 4.2, with other points.
// @import lib/border winograd/points
struct Params { h: u32, w: u32, c4: u32, th: u32, tw: u32, tiles: u32, py: i32, px: i32 }

override WX: u32 = 8;
override WY: u32 = 8;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn pixel(row: u32, iy: u32, ix: u32, c: u32) -> vec4f {
  let inside = iy < params.h && ix < params.w;
  let at = ((row + iy) * params.w + ix) * params.c4 + c;
  return select(vec4f(), x[select(0u, at, inside)], inside);
}

// B^T d.
fn transformed(d: array<vec4f, 6>) -> array<vec4f, 6> {
  let even_p = d[4] - QQ * d[2];
  let odd_p = P * (d[3] - QQ * d[1]);
  let even_q = d[4] - PP * d[2];
  let odd_q = Q * (d[3] - PP * d[1]);
  return array<vec4f, 6>(
    d[4] - (PP + QQ) * d[2] + PP * QQ * d[0],
    even_p + odd_p,
    even_p - odd_p,
    even_q + odd_q,
    even_q - odd_q,
    d[5] - (PP + QQ) * d[3] + PP * QQ * d[1],
  );
}

@compute @workgroup_size(WX, WY)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  let c = gid.x;
  let tile = gid.y;
  if (c >= params.c4 || tile >= params.tiles) { return; }
  let i = tile * params.c4 + c;
  let line = tile / params.tw;
  let row = line / params.th * params.h;
  let y0 = i32(line % params.th * 4u) - params.py;
  let x0 = i32(tile % params.tw * 4u) - params.px;
  var iy: array<u32, 6>;
  // @unroll 6
  { const r = 0u; iy[r] = border_source(y0 + i32(r), i32(params.h)); }
  var t: array<array<vec4f, 6>, 6>;
  // @unroll 6
  { const s = 0u;
    let ix = border_source(x0 + i32(s), i32(params.w));
    var d: array<vec4f, 6>;
    // @unroll 6
    { const r = 0u; d[r] = pixel(row, iy[r], ix, c); }
    t[s] = transformed(d);
  }
  let step = params.tiles * params.c4;
  // @unroll 6
  { const r = 0u;
    let p = transformed(array<vec4f, 6>(t[0][r], t[1][r], t[2][r], t[3][r], t[4][r], t[5][r]));
    // @unroll 6
    { const s = 0u; v[i + (6u * r + s) * step] = p[s]; }
  }
}
