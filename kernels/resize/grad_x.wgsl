// dx[b, iy, ix, c] = sum over oy, ox of share(oy, iy) * share(ox, ix) * dy[b, oy, ox, c]
// dy: [n, oh, ow, c]  dx: [n, h, w, c].  A gather in fixed order over the outputs near enough to read this pixel.
// @import lib/resample
struct Params { n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, ratio_y: f32, ratio_x: f32 }

override WG: u32 = 64;
override BILINEAR: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// The share that output o takes of input i.
fn share(o: u32, i: u32, size: u32, ratio: f32) -> f32 {
  let t = taps(o, size, ratio, BILINEAR);
  return select(0.0, 1.0 - t.share, t.lower == i) + select(0.0, t.share, t.upper == i);
}

// First output that may read input i, and the one past the last; rounding is covered by one more on each side.
fn readers(i: u32, outputs: u32, ratio: f32) -> vec2u {
  let first = max(floor((f32(i) - 0.5) / ratio - 0.5), 0.0);
  let last = ceil((f32(i) + 1.5) / ratio - 0.5) + 1.0;
  return vec2u(u32(first), min(u32(last), outputs));
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.h * params.w * params.c4) { return; }
  let pixel = i / params.c4;
  let line = pixel / params.w;
  let iy = line % params.h;
  let ix = pixel % params.w;
  let rows = readers(iy, params.oh, params.ratio_y);
  let cols = readers(ix, params.ow, params.ratio_x);
  var sum = vec4f();
  for (var oy = rows.x; oy < rows.y; oy++) {
    let share_y = share(oy, iy, params.h, params.ratio_y);
    if (share_y == 0.0) { continue; }
    for (var ox = cols.x; ox < cols.y; ox++) {
      let weight = share_y * share(ox, ix, params.w, params.ratio_x);
      if (weight == 0.0) { continue; }
      let reader = (line / params.h * params.oh + oy) * params.ow + ox;
      sum = fma(vec4f(weight), dy[reader * params.c4 + i % params.c4], sum);
    }
  }
  dx[i] = sum;
}
