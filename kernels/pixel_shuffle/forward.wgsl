// y[b, oy, ox, c] = x[b, oy / r, ox / r, c * r * r + (oy % r) * r + ox % r]  (PyTorch's channel order)
// x: [n, h, w, c * r * r]  y: [n, h * r, w * r, c]
struct Params { n: u32, h: u32, w: u32, x_pitch: u32, c: u32, c4: u32, r: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  let r = params.r;
  if (i >= params.n * params.h * params.w * r * r * params.c4) { return; }
  let pixel = i / params.c4;
  let ow = params.w * r;
  let line = pixel / ow;
  let ox = pixel % ow;
  // Lines of a picture are a multiple of r, so that line / r counts the lines of x over all pictures.
  let first = (line / r * params.w + ox / r) * params.x_pitch + line % r * r + ox % r;
  let c = vec4u(0u, 1u, 2u, 3u) + i % params.c4 * 4u;
  let at = first + min(c, vec4u(params.c - 1u)) * r * r;
  let v = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
  y[i] = select(v, vec4f(), c >= vec4u(params.c));
}
