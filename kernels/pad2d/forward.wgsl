// y[b, oy, ox, c] = x[b, source(oy - top), source(ox - left), c], zero where there is no source.
// x: [n, h, w, c]  y: [n, oh, ow, c]
struct Params { n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, top: u32, left: u32, mode: u32 }

override WG: u32 = 64;

const REFLECT: u32 = 1u;
const REPLICATE: u32 = 2u;
const CIRCULAR: u32 = 3u;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

// The input coordinate that stands at i, or one past the end.
fn source(i: i32, size: i32) -> u32 {
  switch (params.mode) {
    case REFLECT: { return u32(size - 1 - abs(size - 1 - abs(i))); }
    case REPLICATE: { return u32(clamp(i, 0, size - 1)); }
    case CIRCULAR: { return u32((i + size) % size); }
    default: { return select(u32(size), u32(i), i >= 0 && i < size); }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.oh * params.ow * params.c4) { return; }
  let pixel = i / params.c4;
  let line = pixel / params.ow;
  let iy = source(i32(line % params.oh) - i32(params.top), i32(params.h));
  let ix = source(i32(pixel % params.ow) - i32(params.left), i32(params.w));
  var v = vec4f();
  if (iy < params.h && ix < params.w) {
    v = x[((line / params.oh * params.h + iy) * params.w + ix) * params.c4 + i % params.c4];
  }
  y[i] = v;
}
