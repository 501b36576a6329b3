// stats[0, b, c] = mean over all pixels of x[b, p, c] - x[b, 0, c];  stats[1, b, c] = variance (biased)
// parts: [n, chunks, 2, c], as moments.wgsl leaves them  stats: [2, n, c];  chunks are merged in order.
// @import lib/moments
struct Params { n: u32, pixels: u32, c4: u32, span: u32, chunks: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> parts: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> stats: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.c4) { return; }
  var m = Moments();
  for (var chunk = 0u; chunk < params.chunks; chunk++) {
    let at = ((i / params.c4 * params.chunks + chunk) * 2u) * params.c4 + i % params.c4;
    let count = min(params.span, params.pixels - chunk * params.span);
    m = merge(m, Moments(vec4f(f32(count)), parts[at], parts[at + params.c4]));
  }
  stats[i] = m.mean;
  stats[params.n * params.c4 + i] = m.squares / m.count;
}
