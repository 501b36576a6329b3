// Core of the attention kernels in place of kernels/attention/plain.wgsl, kept for comparison: vec4s of rows are read where
// they are used. Measured on llvmpipe, 2 cores, 4 heads x 1024 x 64, 4 queries a thread, forward, in separate runs: 182 ms
// of processor time / 2 against 217 to 223, but 10 s to compile against 3. Learned:
// - Each vec4 that the text loads or stores costs llvmpipe some 70 to 200 ms to compile, since every lane is checked against the
//   buffer's end. Loops around one load keep that short; what they fill is chosen by select, so that it stays in registers.
// - All lanes asking for one address is no broadcast there: such a load takes 40 ns, passing a value round 2.
override WG: u32 = 32;

var<private> place: u32;

fn a_at(e: u32) -> vec4f { return a_load(place, e); }
fn b_at(e: u32) -> vec4f { return b_load(place, e); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let first = wg.x * WG * OWN;
  begin(wg.z, first + lid.x, WG);
  let all = range(first, first + WG * OWN);
  for (place = all.x; place < all.y; place++) { meet(place); }
  finish();
}
