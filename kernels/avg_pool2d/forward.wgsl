// y[b, oy, ox, c] = mean over the window of (oy, ox) of x[b, iy, ix, c]; with COUNT_PADDING the padding counts
// x: [n, h, w, c]  y: [n, oh, ow, c]
// @import lib/pool
struct Params {
  n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, kh: u32, kw: u32, sy: u32, sx: u32, py: u32, px: u32,
}

override WG: u32 = 64;
override COUNT_PADDING: bool = true;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.oh * params.ow * params.c4) { return; }
  let pixel = i / params.c4;
  let line = pixel / params.ow;
  let rows = window(line % params.oh, params.kh, params.sy, params.py, params.h);
  let cols = window(pixel % params.ow, params.kw, params.sx, params.px, params.w);
  let picture = line / params.oh * params.h;
  var sum = vec4f();
  for (var iy = rows.x; iy < rows.y; iy++) {
    for (var ix = cols.x; ix < cols.y; ix++) {
      sum += x[((picture + iy) * params.w + ix) * params.c4 + i % params.c4];
    }
  }
  let inside = (rows.y - rows.x) * (cols.y - cols.x);
  y[i] = sum / f32(select(inside, params.kh * params.kw, COUNT_PADDING));
}
