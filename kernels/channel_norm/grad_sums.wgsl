// parts[0, b, k, c] = sum over the pixels of chunk k of g;  parts[1, b, k, c] = sum of g * xhat;  g = dy * f'(...)
// x, dy: [n, pixels, c]  parts: [2, n, chunks, c];  xhat and f as in apply.wgsl.
// @import lib/activation channel_norm/channel
struct Params { n: u32, pixels: u32, c4: u32, span: u32, chunks: u32, eps: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec4f>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> parts: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = gid.x + gid.y * groups.x * WG;
  let place = place_of(thread);
  if (place.x >= params.n) { return; }
  let channel = channel_of(place);
  let last = min((place.y + 1u) * params.span, params.pixels);
  var sum = vec4f();
  var product = vec4f();
  for (var p = place.y * params.span; p < last; p++) {
    let i = (place.x * params.pixels + p) * params.c4 + place.z;
    let xhat = normed(channel, x[i]);
    let g = dy[i] * activation_slope(fma(xhat, channel.weight, channel.bias));
    sum += g;
    product = fma(g, xhat, product);
  }
  parts[thread] = sum;
  parts[params.n * params.chunks * params.c4 + thread] = product;
}
