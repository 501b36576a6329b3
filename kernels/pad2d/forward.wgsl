// y[b, oy, ox, c] = x[b, source(oy - top), source(ox - left), c], zero where there is no source.
// x: [n, h, w, c]  y: [n, oh, ow, c]
// @import lib/border
struct Params { n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, top: u32, left: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.oh * params.ow * params.c4) { return; }
  let pixel = i / params.c4;
  let line = pixel / params.ow;
  let iy = border_source(i32(line % params.oh) - i32(params.top), i32(params.h));
  let ix = border_source(i32(pixel % params.ow) - i32(params.left), i32(params.w));
  var v = vec4f();
  if (iy < params.h && ix < params.w) {
    v = x[((line / params.oh * params.h + iy) * params.w + ix) * params.c4 + i % params.c4];
  }
  y[i] = v;
}
