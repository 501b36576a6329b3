// y[row, head, i] = x[row, head, i] where i < from and i < to, else 0: heads widened with zeros, or narrowed.
// x: [rows, heads * from]  y: [rows, heads * to];  rows are padded to a multiple of 4 floats.
struct Params { rows: u32, heads: u32, from_size: u32, from_pitch: u32, to_size: u32, to_pitch: u32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = gid.x + gid.y * groups.x * WG;
  if (at >= params.rows * params.to_pitch) { return; }
  let row = at / params.to_pitch;
  let head = at % params.to_pitch / params.to_size;
  let i = at % params.to_pitch % params.to_size;
  let inside = head < params.heads && i < params.from_size;
  y[at] = select(0.0, x[row * params.from_pitch + select(0u, head * params.from_size + i, inside)], inside);
}
