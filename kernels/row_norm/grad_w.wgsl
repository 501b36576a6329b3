// parts[k, c] = sum over the rows r of chunk k of dy[r, c] * xhat[r, c];  reduce/rows adds the chunks in order.
// x, dy: [rows, c]  stats: [rows, 4]  parts: [chunks, c];  xhat as in forward.wgsl, a chunk is `span` rows.
// @import row_norm/row
struct Params { rows: u32, c4: u32, span: u32, threads: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> parts: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.threads) { return; }
  let first = i / params.c4 * params.span;
  let last = min(first + params.span, params.rows);
  var sum = vec4f();
  for (var row = first; row < last; row++) {
    let at = row * params.c4 + i % params.c4;
    sum = fma(dy[at], normed(stats[row], x[at]), sum);
  }
  parts[i] = sum;
}
