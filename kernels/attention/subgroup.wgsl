// Attention core: the lanes of a subgroup hold the rows that are met next, a vec4 or a few each, and pass them round: a
// value is loaded once for SG * OWN rows. The winning form on software devices, where a load takes as long as 50 fma.
// The importing file gives OWN, D4, DV4, begin, range, a_load, b_load, meet and finish.
enable subgroups;

const SG: u32 = 8u;      // @specialize
const A_HELD: u32 = 2u;  // @specialize
const B_HELD: u32 = 2u;  // @specialize

var<private> a_held: array<vec4f, A_HELD>;
var<private> b_held: array<vec4f, B_HELD>;

// Vec4 e of the rows that are met.
fn a_at(e: u32) -> vec4f { return subgroupShuffle(a_held[e / SG], e % SG); }
fn b_at(e: u32) -> vec4f { return subgroupShuffle(b_held[e / SG], e % SG); }

@compute @workgroup_size(SG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let first = wg.x * SG * OWN;
  begin(wg.z, first + lid.x, SG);
  let all = range(first, first + SG * OWN);
  for (var at = all.x; at < all.y; at++) {
    // @unroll A_HELD
    { const h = 0u; a_held[h] = a_load(at, min(h * SG + lid.x, D4 - 1u)); }
    // @unroll B_HELD
    { const h = 0u; b_held[h] = b_load(at, min(h * SG + lid.x, DV4 - 1u)); }
    meet(at);
  }
  finish();
}
