// y[b, oy, ox, c] = greatest of x[b, iy, ix, c] over the window of (oy, ox), NaN where it holds one;
// with TAP its place instead, ty * kw + tx of the first in row order, which is what the gradient needs.
// x: [n, h, w, c]  y: [n, oh, ow, c]
// @import lib/pool lib/nan
struct Params {
  n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, kh: u32, kw: u32, sy: u32, sx: u32, py: u32, px: u32,
}

override WG: u32 = 64;
override TAP: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.oh * params.ow * params.c4) { return; }
  let pixel = i / params.c4;
  let line = pixel / params.ow;
  let oy = line % params.oh;
  let ox = pixel % params.ow;
  let rows = window(oy, params.kh, params.sy, params.py, params.h);
  let cols = window(ox, params.kw, params.sx, params.px, params.w);
  let picture = line / params.oh * params.h;
  var best = x[((picture + rows.x) * params.w + cols.x) * params.c4 + i % params.c4];
  var tap = vec4f(f32((rows.x + params.py - oy * params.sy) * params.kw + cols.x + params.px - ox * params.sx));
  for (var iy = rows.x; iy < rows.y; iy++) {
    for (var ix = cols.x; ix < cols.y; ix++) {
      let v = x[((picture + iy) * params.w + ix) * params.c4 + i % params.c4];
      let better = !is_nan4(best) & (is_nan4(v) | (v > best));
      best = select(best, v, better);
      let at = f32((iy + params.py - oy * params.sy) * params.kw + ix + params.px - ox * params.sx);
      tap = select(tap, vec4f(at), better);
    }
  }
  y[i] = select(best, tap, TAP);
}
