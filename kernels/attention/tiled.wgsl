// Attention core: a workgroup fetches TILE rows of both streams into workgroup memory together, and every lane meets them
// there, one after the other: a value is loaded once for WG * OWN rows. The form for GPUs.
// The importing file gives OWN, D4, DV4, begin, range, a_load, b_load, meet and finish.
const WG: u32 = 64u;    // @specialize
const TILE: u32 = 16u;  // @specialize

var<workgroup> a_tile: array<vec4f, TILE * D4>;
var<workgroup> b_tile: array<vec4f, TILE * DV4>;
var<private> place: u32;

fn a_at(e: u32) -> vec4f { return a_tile[place * D4 + e]; }
fn b_at(e: u32) -> vec4f { return b_tile[place * DV4 + e]; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let first = wg.x * WG * OWN;
  begin(wg.z, first + lid.x, WG);
  let all = range(first, first + WG * OWN);
  for (var at = all.x; at < all.y; at += TILE) {
    workgroupBarrier();  // The last tile has been met.
    for (var n = lid.x; n < TILE * D4; n += WG) { a_tile[n] = a_load(at, n); }
    for (var n = lid.x; n < TILE * DV4; n += WG) { b_tile[n] = b_load(at, n); }
    workgroupBarrier();
    for (place = 0u; place < min(TILE, all.y - at); place++) { meet(at + place); }
  }
  finish();
}
