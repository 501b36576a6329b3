// colour = (v + 1) / 2 at a canvas pixel's middle, bilinear among the four nearest of v: after, or before where the pixel lies left of
// the wipe.  before, after: [h, w, 3]; out: the canvas, any size. A canvas as large as the picture shows it pixel by pixel.
// @import frame/screen
struct Params { width: u32, height: u32, out_width: f32, out_height: f32, wipe: f32 }

@group(0) @binding(0) var<storage, read> before: array<vec4f>;
@group(0) @binding(1) var<storage, read> after: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn value(pixel: vec2i, is_before: bool) -> vec3f {
  let last = vec2i(vec2u(params.width, params.height)) - 1;
  let at = clamp(pixel, vec2i(0), last);
  let i = u32(at.y) * params.width + u32(at.x);
  if (is_before) { return before[i].rgb; }
  return after[i].rgb;
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let part = position.xy / vec2f(params.out_width, params.out_height);
  let at = part * vec2f(f32(params.width), f32(params.height)) - 0.5;
  let pixel = vec2i(floor(at));
  let t = at - floor(at);
  let is_before = part.x < params.wipe;
  let top = mix(value(pixel, is_before), value(pixel + vec2i(1, 0), is_before), t.x);
  let bottom = mix(value(pixel + vec2i(0, 1), is_before), value(pixel + vec2i(1, 1), is_before), t.x);
  return vec4f(clamp(mix(top, bottom, t.y) * 0.5 + 0.5, vec3f(0.0), vec3f(1.0)), 1.0);
}
