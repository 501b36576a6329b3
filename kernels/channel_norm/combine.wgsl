// stats[0, b, c] = mean over all pixels of x[b, p, c] - x[b, 0, c];  stats[1, b, c] = variance (biased)
// parts: [n, chunks, 2, c], as moments.wgsl leaves them  stats: [2, n, c].  MERGERS threads share the chunks of a vec4 of
// channels, each takes every MERGERS-th in order; then halves take in the other halves, always in one order.
// @import lib/moments
struct Params { n: u32, pixels: u32, c4: u32, span: u32, chunks: u32 }

const MERGERS: u32 = 1u;  // @specialize

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> parts: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> stats: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

var<workgroup> shared_moments: array<Moments, WG>;

@compute @workgroup_size(WG)
fn main(
  @builtin(global_invocation_id) gid: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (gid.x + gid.y * groups.x * WG) / MERGERS;
  let merger = thread % MERGERS;
  var m = Moments();
  if (i < params.n * params.c4) {
    for (var chunk = merger; chunk < params.chunks; chunk += MERGERS) {
      let at = ((i / params.c4 * params.chunks + chunk) * 2u) * params.c4 + i % params.c4;
      let count = min(params.span, params.pixels - chunk * params.span);
      m = merge(m, Moments(vec4f(f32(count)), parts[at], parts[at + params.c4]));
    }
  }
  for (var half = MERGERS / 2u; half > 0u; half /= 2u) {
    shared_moments[thread] = m;
    workgroupBarrier();
    if (merger < half) { m = merge(m, shared_moments[thread + half]); }
    workgroupBarrier();
  }
  if (merger > 0u || i >= params.n * params.c4) { return; }
  stats[i] = m.mean;
  stats[params.n * params.c4 + i] = m.squares / m.count;
}
