// What the attention kernels share: where the row of one head lies, and which keys a query sees.
// The importing file gives params and mask.

// Number of the row of `length` that belongs to position i of z = (batch, head); positions past the end repeat the last.
fn row_of(z: u32, length: u32, i: u32) -> u32 {
  return (z / params.heads * length + min(i, length - 1u)) * params.heads + z % params.heads;
}

fn visible(z: u32, query: u32, key: u32) -> bool {
  if (key >= params.lk || query >= params.lq || (params.causal != 0u && key > query)) { return false; }
  if (params.mask_pitch == 0u) { return true; }
  return mask[z / params.heads * params.mask_batch + query * params.mask_pitch + key] != 0.0;
}
