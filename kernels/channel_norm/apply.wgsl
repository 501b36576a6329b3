// y = f(xhat * weight[c] + bias[c]) + residual;  xhat = (x - mean[b, c]) / sqrt(variance[b, c] + eps);  f by KIND
// x, y, residual: [n, pixels, c]  stats: [2, n, c]  weight, bias: [c]
// @import lib/activation channel_norm/channel
struct Params { n: u32, pixels: u32, c4: u32, span: u32, chunks: u32, eps: f32 }

override HAS_RESIDUAL: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> stats: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let place = place_of(gid.x + gid.y * groups.x * WG);
  if (place.x >= params.n) { return; }
  let channel = channel_of(place);
  let last = min((place.y + 1u) * params.span, params.pixels);
  for (var p = place.y * params.span; p < last; p++) {
    let i = (place.x * params.pixels + p) * params.c4 + place.z;
    var v = activate(fma(normed(channel, x[i]), channel.weight, channel.bias));
    if (HAS_RESIDUAL) { v += residual[i]; }
    y[i] = v;
  }
}
