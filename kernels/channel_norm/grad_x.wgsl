// dx = (g * weight - share * (sums[0, b, c] + xhat * sums[1, b, c])) / sqrt(variance[b, c] + eps);  g = dy * f'(...)
// x, dy, dx: [n, pixels, c]  sums: [2, n, c], those of grad_sums.wgsl over all pixels, times weight here or, GROUPED,
// by grad_group.wgsl already.  share = 1 / pixels, or 0 where the statistics were given;  xhat and f as in apply.wgsl.
// @import lib/activation channel_norm/channel
struct Params { n: u32, pixels: u32, c4: u32, span: u32, chunks: u32, eps: f32, share: f32 }

override GROUPED: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec4f>;
@group(0) @binding(3) var<storage, read> sums: array<vec4f>;
@group(0) @binding(4) var<storage, read> weight: array<vec4f>;
@group(0) @binding(5) var<storage, read> bias: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let place = place_of(gid.x + gid.y * groups.x * WG);
  if (place.x >= params.n) { return; }
  let channel = channel_of(place);
  let at = place.x * params.c4 + place.z;
  let share = params.share * select(channel.weight, vec4f(1.0), GROUPED);
  let sum = share * sums[at];
  let product = share * sums[params.n * params.c4 + at];
  let last = min((place.y + 1u) * params.span, params.pixels);
  for (var p = place.y * params.span; p < last; p++) {
    let i = (place.x * params.pixels + p) * params.c4 + place.z;
    let xhat = normed(channel, x[i]);
    let g = dy[i] * activation_slope(fma(xhat, channel.weight, channel.bias));
    dx[i] = (g * channel.weight - sum - xhat * product) * channel.scale;
  }
}
