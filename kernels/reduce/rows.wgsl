// y[g, c] = scale * sum over the rows r of group g of x[r, c]; a group is `span` neighbouring rows, added in order.
// x: [rows, c]  y: [ceil(rows / span), c].  Repeated until one row is left, it is every long sum of the engine.
struct Params { rows: u32, groups: u32, c4: u32, span: u32, scale: f32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.groups * params.c4) { return; }
  let first = i / params.c4 * params.span;
  let last = min(first + params.span, params.rows);
  var sum = vec4f();
  for (var r = first; r < last; r++) { sum += x[r * params.c4 + i % params.c4]; }
  y[i] = sum * params.scale;
}
