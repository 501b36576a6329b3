// g' = g * unscale * min(1, max_norm / (norm + 1e-6)) + l2 * w;           m += (1 - beta1) (g' - m)    v += (1 - beta2) (g'^2 - v)
// w -= decay * w + lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps);  all: [n] in vec4f, norm: [1].
// Adam: Kingma and Ba, 2015, arXiv 1412.6980; decoupled decay (AdamW): Loshchilov and Hutter, 2019, arXiv 1711.05101.
// What changes from step to step comes in `hyper`, made in float64 on the host (adamHyper).
struct Params { n4: u32, max_norm: f32 }

override WG: u32 = 64;
override CLIP: bool = false;
override DECOUPLED: bool = false;
// The loss was scaled, so gradients in f16 may have overflowed: where their norm is no finite number, nothing moves.
override SCALED: bool = false;

const STEP_SIZE: u32 = 0u;
const ONE_MINUS_BETA1: u32 = 1u;
const ONE_MINUS_BETA2: u32 = 2u;
const ROOT_SCALE: u32 = 3u;
const EPS: u32 = 4u;
const L2: u32 = 5u;
const DECAY: u32 = 6u;
const UNSCALE: u32 = 7u;

fn is_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }

@group(0) @binding(0) var<storage, read> g: array<vec4f>;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read> hyper: array<f32>;
@group(0) @binding(3) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  if (SCALED && !is_finite(norm[0])) { return; }
  let p = w[i];
  var d = g[i];
  if (SCALED) { d *= hyper[UNSCALE]; }
  if (CLIP) { d *= min(1.0, params.max_norm / (select(1.0, hyper[UNSCALE], SCALED) * norm[0] + 1e-6)); }
  if (!DECOUPLED) { d += hyper[L2] * p; }
  let first = m[i] + hyper[ONE_MINUS_BETA1] * (d - m[i]);
  let second = v[i] + hyper[ONE_MINUS_BETA2] * (d * d - v[i]);
  var change = hyper[STEP_SIZE] * first / (sqrt(second) * hyper[ROOT_SCALE] + hyper[EPS]);
  if (DECOUPLED) { change += hyper[DECAY] * p; }
  m[i] = first;
  v[i] = second;
  w[i] = p - change;
}
