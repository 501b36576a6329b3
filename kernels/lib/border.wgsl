// The coordinate of a picture that stands at i, inside or beyond its border; `size` where nothing does, for zeros.
const ZEROS: u32 = 0u;
const REFLECT: u32 = 1u;
const REPLICATE: u32 = 2u;
const CIRCULAR: u32 = 3u;

fn border(i: i32, size: i32, mode: u32) -> u32 {
  switch mode {
    case REFLECT: { return u32(size - 1 - abs(size - 1 - abs(i))); }
    case REPLICATE: { return u32(clamp(i, 0, size - 1)); }
    case CIRCULAR: { return u32((i + size) % size); }
    default: { return select(u32(size), u32(i), i >= 0 && i < size); }
  }
}
