// y[p] = 2 c - 1, with c the source's mean red, green, blue over pixel p of the crop;  y: [h, w, 3]
// The source is a texture. Ours: image/unpack for pictures that lie in textures.
// @import frame/crop
struct Params {
  width: u32, height: u32, left: f32, top: f32, right: f32, bottom: f32, taps: u32
}

@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;
@group(1) @binding(0) var source: texture_2d<f32>;
@group(1) @binding(1) var linear: sampler;

fn pick(at: vec2f) -> vec3f {
  return textureSampleBaseClampToEdge(source, linear, at).rgb;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  let size = vec2u(params.width, params.height);
  if (any(gid.xy >= size)) { return; }
  let from_corner = vec2f(params.left, params.top);
  let to_corner = vec2f(params.right, params.bottom);
  y[gid.y * size.x + gid.x] = crop_pixel(gid.xy, size, from_corner, to_corner, params.taps);
}
