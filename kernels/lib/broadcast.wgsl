// Where vec4 i of a meets b;  a: [n, h, w, c], and every dimension of b is a's or 1.
// The importing file gives params.{c, c4, h, w, bn, bh, bw}: sizes of a, and steps of b in vec4s, 0 where b has a 1.
// @import lib/tail
const SAME: u32 = 0u;
const ONE: u32 = 1u;
const ROW: u32 = 2u;

override SPREAD: u32 = 0u;      // b is of a's shape, one number, one row, or (3) anything else
override SPLAT: bool = false;   // b's last dimension is 1, a's is more
override MASK: bool = false;    // and a's is padded

fn source(i: u32) -> u32 {
  switch SPREAD {
    case SAME: { return i; }
    case ONE: { return 0u; }
    case ROW: { return i % params.c4; }
    default: {
      let row = i / params.c4;
      let line = row / params.w;
      let at = line / params.h * params.bn + line % params.h * params.bh + row % params.w * params.bw;
      return at + select(i % params.c4, 0u, SPLAT);
    }
  }
}

// b's value there as a's row has it: repeated along the row, with zeros in the padding.
fn spread(b: vec4f, i: u32) -> vec4f {
  if (!SPLAT) { return b; }
  let v = vec4f(b.x);
  if (!MASK) { return v; }
  return zero_tail(v, i % params.c4, params.c);
}
