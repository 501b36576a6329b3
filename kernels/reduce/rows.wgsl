// y[z, g, c] = scale * sum over the rows r of group g of x[z, r, c]; a group is `span` neighbouring rows, added in order.
// x: [z, rows, c]  y: [z, groups = ceil(rows / span), c].  Repeated until one row is left.
struct Params { rows: u32, groups: u32, c4: u32, n4: u32, span: u32, scale: f32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let line = i / params.c4;
  let z = line / params.groups;
  let first = line % params.groups * params.span;
  let last = min(first + params.span, params.rows);
  var at = (z * params.rows + first) * params.c4 + i % params.c4;
  var sum = vec4f();
  for (var r = first; r < last; r++) {
    sum += x[at];
    at += params.c4;
  }
  y[i] = sum * params.scale;
}
