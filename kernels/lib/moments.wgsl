// Mean and sum of squared deviations, lane by lane, without the difference of large squares.
struct Moments { count: vec4f, mean: vec4f, squares: vec4f }

// One more value in each lane (Welford 1962).
fn push(m: Moments, x: vec4f) -> Moments {
  let count = m.count + 1.0;
  let off = x - m.mean;
  let mean = m.mean + off / count;
  return Moments(count, mean, m.squares + off * (x - mean));
}

// The values of a and b together (Chan, Golub, LeVeque 1979).
fn merge(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let off = b.mean - a.mean;
  let share = b.count / max(count, vec4f(1.0));
  return Moments(count, a.mean + off * share, a.squares + b.squares + off * off * a.count * share);
}

// The values of all four lanes together, in x.
fn merge_lanes(m: Moments) -> Moments {
  let two = merge(m, Moments(m.count.yxwz, m.mean.yxwz, m.squares.yxwz));
  return merge(two, Moments(two.count.zwxy, two.mean.zwxy, two.squares.zwxy));
}
