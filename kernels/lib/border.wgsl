// What a picture shows beyond its border. MODE is the number that the launcher gives the mode; as a constant, so that no
// device computes all of them (a remainder is dear where lanes divide one after the other).
override MODE: u32 = 0;

const ZEROS: u32 = 0u;
const REFLECT: u32 = 1u;
const REPLICATE: u32 = 2u;
const CIRCULAR: u32 = 3u;

// The input coordinate that stands at i along an axis of `size`; not below `size` where there is none.
fn border_source(i: i32, size: i32) -> u32 {
  switch (MODE) {
    case REFLECT: { return u32(size - 1 - abs(size - 1 - abs(i))); }
    case REPLICATE: { return u32(clamp(i, 0, size - 1)); }
    case CIRCULAR: { return u32((i + size) % size); }
    default: { return select(u32(size), u32(i), i >= 0 && i < size); }
  }
}
