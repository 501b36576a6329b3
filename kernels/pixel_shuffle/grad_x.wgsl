// dx[b, iy, ix, k] = dy[b, iy * r + k / r % r, ix * r + k % r, k / (r * r)]
// dy: [n, h * r, w * r, c]  dx: [n, h, w, c * r * r]
struct Params { n: u32, h: u32, w: u32, x_pitch: u32, c: u32, c4: u32, r: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  let r = params.r;
  let cols = params.x_pitch / 4u;
  if (i >= params.n * params.h * params.w * cols) { return; }
  let pixel = i / cols;
  let lanes = vec4u(0u, 1u, 2u, 3u) + i % cols * 4u;
  let k = min(lanes, vec4u(params.c * r * r - 1u));
  let line = pixel / params.w * r + k / r % r;
  let column = pixel % params.w * r + k % r;
  let at = (line * params.w * r + column) * params.c4 * 4u + k / (r * r);
  let v = vec4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
  dx[i] = select(v, vec4f(), lanes >= vec4u(params.c * r * r));
}
