// shown = (1 - keep) y + keep shown, per value: what a canvas shows follows the network's frames with a delay.  y, shown: [h, w, 3]
// keep 0 takes y as it is, also over values that are not finite.
struct Params { pixels: u32, keep: f32 }

override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> shown: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.pixels) { return; }
  if (params.keep > 0.0) {
    shown[i] = mix(y[i], shown[i], params.keep);
  } else {
    shown[i] = y[i];
  }
}
