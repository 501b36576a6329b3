// Attention core: every lane reads each row that is met itself; all lanes ask for the same address at the same time.
// Runs on the lowest limits. Rows pass through memory of the thread's own, so that the text has one load for each stream
// and not one for each vec4, over which compilers of software devices take long.
// The importing file gives OWN, D4, DV4, params, begin, range, a_load, b_load, meet and finish.
override WG: u32 = 32;

var<private> a_row: array<vec4f, D4>;
var<private> b_row: array<vec4f, DV4>;

fn a_at(e: u32) -> vec4f { return a_row[e]; }
fn b_at(e: u32) -> vec4f { return b_row[e]; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let first = wg.x * WG * OWN;
  begin(wg.z, first + lid.x, WG);
  let all = range(first, first + WG * OWN);
  for (var at = all.x; at < all.y; at++) {
    for (var e = 0u; e < params.d4; e++) { a_row[e] = a_load(at, e); }
    for (var e = 0u; e < params.dv4; e++) { b_row[e] = b_load(at, e); }
    meet(at);
  }
  finish();
}
