// s <- a s + b in two vec4 chains at once, 16 steps a round;  y[i] = sum of the two
// The chains do not wait for each other and nothing is loaded, so this is as many multiply-adds as a device can do:
// 2 * 4 * 16 a round. Four chains do not fit into the registers of software devices.
// x: [4] holds a, b and the number of rounds; y: [invocations, 4]
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  let a = vec4f(x[0].x);
  let b = vec4f(x[0].y);
  let rounds = u32(x[0].z);
  var s0 = vec4f(f32(gid.x), 1.0, 2.0, 3.0);
  var s1 = s0 + 4.0;
  for (var r = 0u; r < rounds; r++) {
    // @unroll 16
    { const i = 0u;
      s0 = fma(s0, a, b);
      s1 = fma(s1, a, b);
    }
  }
  y[gid.x] = s0 + s1;
}
