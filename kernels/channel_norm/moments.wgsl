// parts[b, k, 0, c] = mean over the pixels p of chunk k of x[b, p, c] - x[b, 0, c];  parts[b, k, 1, c]: their squares
// x: [n, pixels, c]  parts: [n, chunks, 2, c];  a chunk is `span` neighbouring pixels, squares are the sum of squared
// deviations from the mean. Values are taken from the first pixel, so that a large common offset costs no digits.
// @import lib/moments
struct Params { n: u32, pixels: u32, c4: u32, span: u32, chunks: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> parts: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.chunks * params.c4) { return; }
  let c = i % params.c4;
  let chunk = i / params.c4 % params.chunks;
  let picture = i / params.c4 / params.chunks * params.pixels;
  let origin = x[picture * params.c4 + c];
  let first = chunk * params.span;
  let last = min(first + params.span, params.pixels);
  var m = Moments();
  for (var p = first; p < last; p++) { m = push(m, x[(picture + p) * params.c4 + c] - origin); }
  let at = i / params.c4 * 2u * params.c4 + c;
  parts[at] = m.mean;
  parts[at + params.c4] = m.squares;
}
