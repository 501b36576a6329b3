// v[(r, s), tile, c] = (B^T d B)[r, s], d[y, x] = x[2 tile + (y, x) - pad, c], the tile's 4x4 pixels of channel c
// x: [n, h, w, c]  v: [16, tiles, c], tiles of 2x2 outputs; B^T = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1]
// Source: A. Lavin, S. Gray 2016, Fast algorithms for convolutional neural networks, section 4.1.
// @import lib/border
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

@compute @workgroup_size(WX, WY)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  let c = gid.x;
  let tile = gid.y;
  if (c >= params.c4 || tile >= params.tiles) { return; }
  let i = tile * params.c4 + c;
  let line = tile / params.tw;
  let row = line / params.th * params.h;
  let y0 = i32(line % params.th * 2u) - params.py;
  let x0 = i32(tile % params.tw * 2u) - params.px;
  let r0 = border_source(y0, i32(params.h));
  let r1 = border_source(y0 + 1, i32(params.h));
  let r2 = border_source(y0 + 2, i32(params.h));
  let r3 = border_source(y0 + 3, i32(params.h));
  var t: array<array<vec4f, 4>, 4>;
  // @unroll 4
  { const s = 0u;
    let ix = border_source(x0 + i32(s), i32(params.w));
    let d0 = pixel(row, r0, ix, c);
    let d1 = pixel(row, r1, ix, c);
    let d2 = pixel(row, r2, ix, c);
    let d3 = pixel(row, r3, ix, c);
    t[0][s] = d0 - d2;
    t[1][s] = d1 + d2;
    t[2][s] = d2 - d1;
    t[3][s] = d1 - d3;
  }
  let step = params.tiles * params.c4;
  // @unroll 4
  { const r = 0u;
    let at = i + 4u * r * step;
    v[at] = t[r][0] - t[r][2];
    v[at + step] = t[r][1] + t[r][2];
    v[at + 2u * step] = t[r][2] - t[r][1];
    v[at + 3u * step] = t[r][1] - t[r][3];
  }
}
