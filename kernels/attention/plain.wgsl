// Attention core: every lane reads each shared row itself; all lanes ask for the same address at the same time.
// Runs on the lowest limits. The importing file gives OWN and attend.
override WG: u32 = 32;

const PASSED = false;
fn passed(held: vec4f, j: u32) -> vec4f { return held; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let first = wg.x * WG * OWN;
  attend(wg.z, first, first + WG * OWN, first + lid.x * OWN, 0u);
}
