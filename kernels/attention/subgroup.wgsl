// Attention core: the lanes of a subgroup hold one shared row each and pass them round, so that a value is loaded once
// for all lanes. The winning form on software devices. The importing file gives OWN and attend; BLOCK must be SG.
enable subgroups;

const SG: u32 = 8u;  // @specialize

const PASSED = true;
fn passed(held: vec4f, j: u32) -> vec4f { return subgroupShuffle(held, j); }

@compute @workgroup_size(SG)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let first = wg.x * SG * OWN;
  attend(wg.z, first, first + SG * OWN, first + lid.x * OWN, lid.x);
}
