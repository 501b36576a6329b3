// vec4 i of the row of key j in a block: handed over by the lane that holds it, or read. The importing file gives k, v.
fn key_row(held: vec4f, row: u32, j: u32, i: u32) -> vec4f {
  if (PASSED) { return passed(held, j); }
  return k[row * params.d4 + i];
}

fn value_row(held: vec4f, row: u32, j: u32, i: u32) -> vec4f {
  if (PASSED) { return passed(held, j); }
  return v[row * params.dv4 + i];
}
