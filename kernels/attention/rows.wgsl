// What the attention kernels share: where the rows of one head lie, and which keys a query sees. A kernel meets the rows
// of two streams (keys and values, or queries and dy) KEYS at a time; the importing file gives params and mask.
const D4: u32 = 16u;    // @specialize
const DV4: u32 = 16u;   // @specialize
const OWN: u32 = 1u;    // @specialize
const KEYS: u32 = 1u;   // @specialize

// Some key is hidden from some query: by a mask, by order.
override HIDES: bool = false;

// A score that no query and key can have.
const HIDDEN = -1e30;

// Number of the row of `length` that belongs to position i of z = (batch, head); positions past the end repeat the last.
fn row_of(z: u32, length: u32, i: u32) -> u32 {
  return (z / params.heads * length + min(i, length - 1u)) * params.heads + z % params.heads;
}

fn visible(z: u32, query: u32, key: u32) -> bool {
  if (key >= params.lk || query >= params.lq) { return false; }
  if (!HIDES) { return true; }
  if (params.causal != 0u && key > query) { return false; }
  if (params.mask_pitch == 0u) { return true; }
  return mask[z / params.heads * params.mask_batch + query * params.mask_pitch + key] != 0.0;
}

// A block may reach past the end, or hide.
const ASKS: bool = KEYS > 1u;
