// Where an output coordinate of a resize reads its input, PyTorch's rule with align_corners = false.

// y = (1 - share) x[lower] + share x[upper]
struct Taps { lower: u32, upper: u32, share: f32 }

fn taps(o: u32, size: u32, ratio: f32, bilinear: bool) -> Taps {
  if (!bilinear) {
    let at = min(u32(f32(o) * ratio), size - 1u);
    return Taps(at, at, 0.0);
  }
  let at = max((f32(o) + 0.5) * ratio - 0.5, 0.0);
  let lower = min(u32(at), size - 1u);
  return Taps(lower, min(lower + 1u, size - 1u), at - f32(lower));
}
