// What the attention kernels share: where the rows of one head lie, and which keys a query sees. A thread owns OWN rows
// and meets those of two streams (keys and values, or queries and dy). The importing file gives params and mask.
//
// Rows that a thread owns lie in arrays that constants alone index, so that they stay in registers or in the first cache.
// They are filled and emptied in loops that select, since compilers of software devices take long over every load and
// store in the text; params has the bounds of these loops (d4, dv4), lest they be unrolled.
const D4: u32 = 16u;    // @specialize
const DV4: u32 = 16u;   // @specialize
const OWN: u32 = 1u;    // @specialize

// Some key is hidden from some query: by a mask, by order.
override HIDES: bool = false;

// A score that no query and key can have.
const HIDDEN = -1e30;

// Number of the row of `length` that belongs to position i of z = (batch, head); positions past the end repeat the last.
fn row_of(z: u32, length: u32, i: u32) -> u32 {
  return (z / params.heads * length + min(i, length - 1u)) * params.heads + z % params.heads;
}

fn visible(z: u32, query: u32, key: u32) -> bool {
  if (query >= params.lq || key >= params.lk || (params.causal != 0u && key > query)) { return false; }
  if (params.mask_pitch == 0u) { return true; }
  return mask[z / params.heads * params.mask_batch + query * params.mask_pitch + key] != 0.0;
}

fn d_row(rows: ptr<private, array<vec4f, D4 * OWN>>, own: u32) -> array<vec4f, D4> {
  var row: array<vec4f, D4>;
  // @unroll D4
  { const i = 0u;
    // @unroll OWN
    { const r = 0u; row[i] = select(row[i], (*rows)[i * OWN + r], own == r); }
  }
  return row;
}

fn dv_row(rows: ptr<private, array<vec4f, DV4 * OWN>>, own: u32) -> array<vec4f, DV4> {
  var row: array<vec4f, DV4>;
  // @unroll DV4
  { const i = 0u;
    // @unroll OWN
    { const r = 0u; row[i] = select(row[i], (*rows)[i * OWN + r], own == r); }
  }
  return row;
}

fn set_d_row(rows: ptr<private, array<vec4f, D4 * OWN>>, own: u32, row: array<vec4f, D4>) {
  // @unroll D4
  { const i = 0u;
    // @unroll OWN
    { const r = 0u; (*rows)[i * OWN + r] = select((*rows)[i * OWN + r], row[i], own == r); }
  }
}

fn set_dv_row(rows: ptr<private, array<vec4f, DV4 * OWN>>, own: u32, row: array<vec4f, DV4>) {
  // @unroll DV4
  { const i = 0u;
    // @unroll OWN
    { const r = 0u; (*rows)[i * OWN + r] = select((*rows)[i * OWN + r], row[i], own == r); }
  }
}
