// Windows of a pooling along one axis; ranges are (first, one past the last).

// The part of window o that lies inside of the picture.
fn window(o: u32, kernel: u32, stride: u32, pad: u32, size: u32) -> vec2u {
  let first = max(o * stride, pad) - pad;
  return vec2u(first, min(o * stride + kernel - pad, size));
}

// The windows that hold pixel i.
fn holders(i: u32, kernel: u32, stride: u32, pad: u32, windows: u32) -> vec2u {
  let at = i + pad;
  let first = select(0u, (at - kernel) / stride + 1u, at >= kernel);
  return vec2u(first, min(at / stride + 1u, windows));
}
