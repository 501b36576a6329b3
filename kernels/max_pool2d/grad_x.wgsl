// dx[b, iy, ix, c] = sum in row order of dy[b, oy, ox, c] over the windows whose first greatest value is x[b, iy, ix, c]
// dy, tap: [n, oh, ow, c]  dx: [n, h, w, c]; tap is the place ty * kw + tx of that value in its window.
// @import lib/pool
struct Params {
  n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, kh: u32, kw: u32, sy: u32, sx: u32, py: u32, px: u32,
}

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> tap: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.h * params.w * params.c4) { return; }
  let pixel = i / params.c4;
  let line = pixel / params.w;
  let iy = line % params.h;
  let ix = pixel % params.w;
  let rows = holders(iy, params.kh, params.sy, params.py, params.oh);
  let cols = holders(ix, params.kw, params.sx, params.px, params.ow);
  let picture = line / params.h * params.oh;
  var sum = vec4f();
  for (var oy = rows.x; oy < rows.y; oy++) {
    for (var ox = cols.x; ox < cols.y; ox++) {
      let window_at = ((picture + oy) * params.ow + ox) * params.c4 + i % params.c4;
      let here = (iy + params.py - oy * params.sy) * params.kw + ix + params.px - ox * params.sx;
      sum += select(vec4f(), dy[window_at], tap[window_at] == vec4f(f32(here)));
    }
  }
  dx[i] = sum;
}
