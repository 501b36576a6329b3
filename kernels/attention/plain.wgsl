// Attention core: every lane reads each row that is met itself; all lanes ask for the same address at the same time.
// Runs on the lowest limits. The importing file gives OWN, KEYS, begin, range, a_load, b_load, meet and finish.
override WG: u32 = 32;

var<private> place: u32;

fn a_at(e: u32) -> vec4f { return a_load(place, e); }
fn b_at(e: u32) -> vec4f { return b_load(place, e); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let first = wg.x * WG * OWN;
  begin(wg.z, first + lid.x, WG);
  let all = range(first, first + WG * OWN);
  for (place = all.x; place < all.y; place += KEYS) { meet(place); }
  finish();
}
