// What the passes over pixels share: a thread has one vec4 of channels of `span` neighbouring pixels of a picture.
// SHIFTED: means are distances from the picture's first pixel. The importing file gives params (n, pixels, c4, span,
// chunks, eps) and the bindings x: [n, pixels, c], stats: [2, n, c] (mean, variance), weight and bias: [c].
override WG: u32 = 64;
override SHIFTED: bool = true;
override HAS_AFFINE: bool = false;

struct Channel { origin: vec4f, mean: vec4f, scale: vec4f, weight: vec4f, bias: vec4f }

// Picture, chunk and vec4 of channels of a thread.
fn place_of(thread: u32) -> vec3u {
  let chunk = thread / params.c4;
  return vec3u(chunk / params.chunks, chunk % params.chunks, thread % params.c4);
}

fn channel_of(place: vec3u) -> Channel {
  let at = place.x * params.c4 + place.z;
  var channel = Channel();
  channel.mean = stats[at];
  channel.scale = 1.0 / sqrt(stats[params.n * params.c4 + at] + params.eps);
  channel.weight = vec4f(1.0);
  if (SHIFTED) { channel.origin = x[place.x * params.pixels * params.c4 + place.z]; }
  if (HAS_AFFINE) {
    channel.weight = weight[place.z];
    channel.bias = bias[place.z];
  }
  return channel;
}

fn normed(channel: Channel, x: vec4f) -> vec4f { return (x - channel.origin - channel.mean) * channel.scale; }
