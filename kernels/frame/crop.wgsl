// Reads a picture as the network sees it: the crop (left, top, right, bottom) in parts of the source, left > right where it is mirrored,
// each pixel the mean of taps x taps bilinear samples that lie evenly in it. The kernel gives `pick(at) -> vec3f`.
fn crop_pixel(pixel: vec2u, size: vec2u, from_corner: vec2f, to_corner: vec2f, taps: u32) -> vec4f {
  let place = (to_corner - from_corner) / vec2f(size);
  var sum = vec3f(0.0);
  for (var i = 0u; i < taps; i++) {
    for (var j = 0u; j < taps; j++) {
      let inside = (vec2f(f32(j), f32(i)) + 0.5) / f32(taps);
      sum += pick(from_corner + (vec2f(pixel) + inside) * place);
    }
  }
  return vec4f(sum / f32(taps * taps) * 2.0 - 1.0, 0.0);
}
