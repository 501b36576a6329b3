// y = f(x) for the f that KIND names; 0 is the identity.
// sigmoid and softplus are not 0 at 0: who stores their result zeroes the padding (lib/tail).
// @import lib/special
const RELU: u32 = 1u;
const LEAKY_RELU: u32 = 2u;
const TANH: u32 = 3u;
const SIGMOID: u32 = 4u;
const SILU: u32 = 5u;
const SOFTPLUS: u32 = 6u;
const GELU: u32 = 7u;
const GELU_TANH: u32 = 8u;

override KIND: u32 = 0u;
override SLOPE: f32 = 0.01;

// Where x < 0 is asked, not max(x, 0), so that NaN comes through.
fn activate(x: vec4f) -> vec4f {
  switch KIND {
    case RELU: { return select(x, vec4f(), x < vec4f()); }
    case LEAKY_RELU: { return select(x, x * SLOPE, x < vec4f()); }
    case TANH: { return tanh_exact(x); }
    case SIGMOID: { return sigmoid(x); }
    case SILU: { return x * sigmoid(x); }
    case SOFTPLUS: { return select(x, vec4f(), x < vec4f()) + log1p_exp_minus(x); }
    case GELU: { return gelu(x); }
    case GELU_TANH: { return x * sigmoid(gelu_tanh_inner(x)); }
    default: { return x; }
  }
}

// f'(x), from y = f(x) for relu, leaky_relu, tanh and sigmoid, from x for the rest.
fn activation_slope(saved: vec4f) -> vec4f {
  switch KIND {
    case RELU: { return select(vec4f(), vec4f(1.0), saved > vec4f()); }
    case LEAKY_RELU: { return select(vec4f(SLOPE), vec4f(1.0), saved > vec4f()); }
    case TANH: { return 1.0 - saved * saved; }
    case SIGMOID: { return saved * (1.0 - saved); }
    case SILU: {
      let s = sigmoid(saved);
      return s + saved * s * (1.0 - s);
    }
    case SOFTPLUS: { return sigmoid(saved); }
    case GELU: { return gelu_slope(saved); }
    case GELU_TANH: {
      let s = sigmoid(gelu_tanh_inner(saved));
      return s + saved * s * (1.0 - s) * 1.5957691 * (1.0 + 0.134145 * saved * saved);
    }
    default: { return vec4f(1.0); }
  }
}

// 2 sqrt(2 / pi) (x + 0.044715 x^3), since (1 + tanh u) / 2 = sigmoid(2 u).
fn gelu_tanh_inner(x: vec4f) -> vec4f { return 1.5957691 * x * (1.0 + 0.044715 * x * x); }
