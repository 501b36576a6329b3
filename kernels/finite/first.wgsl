// y[g] = where workgroup g's share of x first leaves the finite numbers: (1, i / 4096, i mod 4096, 0) of element i, else zeros.
// x: [n], or with MERGE the places that an earlier launch has found, [groups, 4]  y: [groups, 4]
// By bits: compilers of WGSL may take for granted that there is no NaN and no infinity (WebGPU spec, floating point evaluation).
struct Params { n4: u32 }

override WG: u32 = 64;
override MERGE: bool = false;

const NONE: u32 = 0xffffffffu;
const EXPONENT: vec4u = vec4u(0x7f800000u);
const LOW: u32 = 4096u;

var<workgroup> first: atomic<u32>;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// Element of the first of four that is not finite.
fn place_in(v: vec4f, i: u32) -> u32 {
  if (MERGE) { return select(NONE, u32(v.y) * LOW + u32(v.z), v.x != 0.0); }
  let broken = (bitcast<vec4u>(v) & EXPONENT) == EXPONENT;
  let lane = select(select(select(3u, 2u, broken.z), 1u, broken.y), 0u, broken.x);
  return select(NONE, 4u * i + lane, any(broken));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  if (lid.x == 0u) { atomicStore(&first, NONE); }
  workgroupBarrier();
  var mine = NONE;
  for (var i = wg.x * WG + lid.x; i < params.n4; i += groups.x * WG) { mine = min(mine, place_in(x[i], i)); }
  // The least of whole numbers hangs on no order.
  if (mine != NONE) { atomicMin(&first, mine); }
  workgroupBarrier();
  let place = atomicLoad(&first);
  let found = vec4f(1.0, f32(place / LOW), f32(place % LOW), 0.0);
  if (lid.x == 0u) { y[wg.x] = select(vec4f(), found, place != NONE); }
}
