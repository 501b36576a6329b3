// y[b, oy, ox, c] = sum over the taps of oy and ox of their shares * x[b, iy, ix, c]; one tap nearest, 2 x 2 bilinear
// x: [n, h, w, c]  y: [n, oh, ow, c]; a ratio is the step in x for one pixel of y (torch.nn.functional.interpolate).
// @import lib/resample
struct Params { n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, ratio_y: f32, ratio_x: f32 }

override WG: u32 = 64;
override BILINEAR: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.oh * params.ow * params.c4) { return; }
  let col = i % params.c4;
  let pixel = i / params.c4;
  let line = pixel / params.ow;
  let picture = line / params.oh * params.h;
  let v = taps(line % params.oh, params.h, params.ratio_y, BILINEAR);
  let u = taps(pixel % params.ow, params.w, params.ratio_x, BILINEAR);
  let top = (picture + v.lower) * params.w;
  if (!BILINEAR) {
    y[i] = x[(top + u.lower) * params.c4 + col];
    return;
  }
  let bottom = (picture + v.upper) * params.w;
  let upper = mix(x[(top + u.lower) * params.c4 + col], x[(top + u.upper) * params.c4 + col], u.share);
  let lower = mix(x[(bottom + u.lower) * params.c4 + col], x[(bottom + u.upper) * params.c4 + col], u.share);
  y[i] = mix(upper, lower, v.share);
}
