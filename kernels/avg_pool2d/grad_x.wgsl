// dx[b, iy, ix, c] = sum over the windows that hold (iy, ix) of dy[b, oy, ox, c] / their counts, in row order
// dy: [n, oh, ow, c]  dx: [n, h, w, c]
// @import lib/pool
struct Params {
  n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, kh: u32, kw: u32, sy: u32, sx: u32, py: u32, px: u32,
}

override WG: u32 = 64;
override COUNT_PADDING: bool = true;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.h * params.w * params.c4) { return; }
  let pixel = i / params.c4;
  let line = pixel / params.w;
  let rows = holders(line % params.h, params.kh, params.sy, params.py, params.oh);
  let cols = holders(pixel % params.w, params.kw, params.sx, params.px, params.ow);
  let picture = line / params.h * params.oh;
  var sum = vec4f();
  for (var oy = rows.x; oy < rows.y; oy++) {
    for (var ox = cols.x; ox < cols.y; ox++) {
      let v = window(oy, params.kh, params.sy, params.py, params.h);
      let u = window(ox, params.kw, params.sx, params.px, params.w);
      let count = select((v.y - v.x) * (u.y - u.x), params.kh * params.kw, COUNT_PADDING);
      sum += dy[((picture + oy) * params.ow + ox) * params.c4 + i % params.c4] / f32(count);
    }
  }
  dx[i] = sum;
}
