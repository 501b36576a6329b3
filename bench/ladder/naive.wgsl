// y = a b;  a: [m, k]  b: [k, n]  y: [m, n], n in vec4.  One thread an element.
// Learned: two loads for every multiply-add. On lavapipe a load costs some fifty multiply-adds, so this runs at 0.2 to
// 0.3 GFLOP/s, a hundredth of what the cores can add up. Everything after this is about loading less often.
struct Params { m: u32, n4: u32, k: u32 }

override WG: u32 = 8;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG, WG)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  let n = params.n4 * 4u;
  if (gid.x >= n || gid.y >= params.m) { return; }
  var sum = 0.0;
  for (var k = 0u; k < params.k; k++) {
    sum = fma(a[gid.y * params.k + k], b[k * n + gid.x], sum);
  }
  y[gid.y * n + gid.x] = sum;
}
