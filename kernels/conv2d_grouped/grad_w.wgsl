// dw[t, k, o] = sum over p of x[p * stride + t * dilation - pad, first(o) + k] * dy[p, o]
// x: [n, h, w, cin]  dy: [n, oh, ow, cout]  dw: [splits, kh, kw, cin / groups, cout]; reduce/rows adds the splits in
// order. first(o) is the first input channel of o's group; z is the split of the lines of dy.
struct Params {
  rows: u32, h: u32, w: u32, cin4: u32, oh: u32, ow: u32, cout: u32, cout4: u32, cin_group: u32, cout_group: u32,
  kw: u32, sy: u32, sx: u32, py: u32, px: u32, dy: u32, dx: u32, lines: u32, lines_per_split: u32,
}

override WG: u32 = 64;
// One channel in, one out in each group: channel o reads channel o.
override DEPTHWISE: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn x_at(row: u32, c: u32) -> f32 { return x[row + c / 4u][c % 4u]; }

fn x_lanes(row: u32, c: vec4u) -> vec4f {
  if (DEPTHWISE) { return x[row + c.x / 4u]; }
  return vec4f(x_at(row, c.x), x_at(row, c.y), x_at(row, c.z), x_at(row, c.w));
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.rows * params.cout4) { return; }
  let col = i % params.cout4;
  let row = i / params.cout4;
  let tap = row / params.cin_group;
  let o = vec4u(0u, 1u, 2u, 3u) + col * 4u;
  let first = min(o, vec4u(params.cout - 1u)) / params.cout_group * params.cin_group;
  let c = first + row % params.cin_group;
  let end = min((gid.z + 1u) * params.lines_per_split, params.lines);
  var sum = vec4f();
  for (var line = gid.z * params.lines_per_split; line < end; line++) {
    // Below zero wraps round to a large number, so one comparison finds both ends.
    let iy = line % params.oh * params.sy + tap / params.kw * params.dy - params.py;
    if (iy >= params.h) { continue; }
    for (var ox = 0u; ox < params.ow; ox++) {
      let ix = ox * params.sx + tap % params.kw * params.dx - params.px;
      if (ix >= params.w) { continue; }
      let pixel = (line / params.oh * params.h + iy) * params.w + ix;
      sum = fma(x_lanes(pixel * params.cin4, c), dy[(line * params.ow + ox) * params.cout4 + col], sum);
    }
  }
  dw[gid.z * params.rows * params.cout4 + i] = select(sum, vec4f(), o >= vec4u(params.cout));
}
