// dx[b, iy, ix, c] = sum over the positions (oy, ox) of y that show x[b, iy, ix, c] of dy[b, oy, ox, c]
// dy: [n, oh, ow, c]  dx: [n, h, w, c].  A gather in fixed order: along each axis first a run of neighbours (the
// pixel itself, and the border beside it for `replicate`), then the images before and after the picture.
struct Params { n: u32, h: u32, w: u32, oh: u32, ow: u32, c4: u32, top: u32, left: u32, mode: u32 }

override WG: u32 = 64;

const REFLECT: u32 = 1u;
const REPLICATE: u32 = 2u;
const CIRCULAR: u32 = 3u;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// Positions along one axis: first, first + 1, ... (`count` of them), then two images, -1 where there is none.
struct Positions { first: i32, count: i32, before: i32, after: i32 }

fn positions(i: i32, size: i32, pad: i32, total: i32) -> Positions {
  var p = Positions(i + pad, 1, -1, -1);
  if (params.mode == REPLICATE) {
    let last = select(p.first, total - 1, i == size - 1);
    if (i == 0) { p.first = 0; }
    p.count = last - p.first + 1;
  }
  if (params.mode == REFLECT) {
    if (i > 0) { p.before = pad - i; }
    if (i < size - 1) { p.after = pad + 2 * (size - 1) - i; }
  }
  if (params.mode == CIRCULAR) {
    p.before = pad + i - size;
    p.after = pad + i + size;
  }
  if (p.after >= total) { p.after = -1; }
  return p;
}

fn position(p: Positions, k: i32) -> i32 {
  if (k < p.count) { return p.first + k; }
  return select(p.after, p.before, k == p.count);
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n * params.h * params.w * params.c4) { return; }
  let pixel = i / params.c4;
  let line = pixel / params.w;
  let rows = positions(i32(line % params.h), i32(params.h), i32(params.top), i32(params.oh));
  let cols = positions(i32(pixel % params.w), i32(params.w), i32(params.left), i32(params.ow));
  let picture = line / params.h * params.oh;
  var sum = vec4f();
  for (var r = 0; r < rows.count + 2; r++) {
    let oy = position(rows, r);
    if (oy < 0) { continue; }
    for (var c = 0; c < cols.count + 2; c++) {
      let ox = position(cols, c);
      if (ox < 0) { continue; }
      sum += dy[((picture + u32(oy)) * params.ow + u32(ox)) * params.c4 + i % params.c4];
    }
  }
  dx[i] = sum;
}
