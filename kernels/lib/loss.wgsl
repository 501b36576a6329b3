// l(x, t), the loss of one element, and its slope in x; KIND names l.
// @import lib/special
const L1: u32 = 0u;
const SMOOTH_L1: u32 = 1u;
const SQUARE: u32 = 2u;
const BCE_WITH_LOGITS: u32 = 3u;
const HINGE: u32 = 4u;

override KIND: u32 = 0u;

// Where something is < 0 is asked, not max(0, ...), so that NaN comes through.
fn loss(x: vec4f, t: vec4f, beta: f32) -> vec4f {
  let d = x - t;
  switch KIND {
    case SMOOTH_L1: { return select(abs(d) - 0.5 * beta, 0.5 * d * d / beta, abs(d) < vec4f(beta)); }
    case SQUARE: { return d * d; }
    case BCE_WITH_LOGITS: { return select(x, vec4f(), x < vec4f()) - x * t + log1p_exp_minus(x); }
    case HINGE: {
      let short = 1.0 - t * x;
      return select(short, vec4f(), short < vec4f());
    }
    default: { return abs(d); }
  }
}

fn loss_slope(x: vec4f, t: vec4f, beta: f32) -> vec4f {
  let d = x - t;
  switch KIND {
    case SMOOTH_L1: { return select(sign(d), d / beta, abs(d) < vec4f(beta)); }
    case SQUARE: { return 2.0 * d; }
    case BCE_WITH_LOGITS: { return sigmoid(x) - t; }
    case HINGE: { return select(vec4f(), -t, t * x < vec4f(1.0)); }
    default: { return sign(d); }
  }
}
