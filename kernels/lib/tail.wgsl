// v with zeros in the lanes that lie past the end of a row of c floats; `group` is the number of v in its row.
fn zero_tail(v: vec4f, group: u32, c: u32) -> vec4f {
  return select(v, vec4f(), vec4u(0u, 1u, 2u, 3u) + group * 4u >= vec4u(c));
}
