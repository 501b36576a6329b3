// Functions that WGSL lacks or leaves inexact: stable for every float, and NaN stays NaN.

// 1 / (1 + exp(-x)); the exponent is never positive, so nothing overflows.
fn sigmoid(x: vec4f) -> vec4f {
  let e = exp(-abs(x));
  let s = 1.0 / (1.0 + e);
  return select(s, e * s, x < vec4f());
}

// log(1 + exp(-|x|)) as 2 atanh(e / (2 + e)): full relative precision where the sum under the log would round to 1.
fn log1p_exp_minus(x: vec4f) -> vec4f {
  let e = exp(-abs(x));
  let s = e / (2.0 + e);
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
  return 2.0 * s * series;
}

// The built-in may overflow beyond 88 and is coarse near 0 on some devices.
fn tanh_exact(x: vec4f) -> vec4f {
  let e = exp(-2.0 * abs(x));
  let far = (1.0 - e) / (1.0 + e);
  let q = x * x;
  let near = x * (1.0 - q * (1.0 / 3.0 - q * (2.0 / 15.0)));
  return select(select(far, -far, x < vec4f()), near, abs(x) < vec4f(0.1));
}

// Standard normal distribution, erfc(-x / sqrt 2) / 2, to 3e-7; Chebyshev fit of erfc: Numerical Recipes, "erfcc".
fn normal_cdf(x: vec4f) -> vec4f {
  let z = abs(x) * 0.70710678;
  let t = 1.0 / (1.0 + 0.5 * z);
  var p = vec4f(0.17087277);
  p = fma(p, t, vec4f(-0.82215223));
  p = fma(p, t, vec4f(1.48851587));
  p = fma(p, t, vec4f(-1.13520398));
  p = fma(p, t, vec4f(0.27886807));
  p = fma(p, t, vec4f(-0.18628806));
  p = fma(p, t, vec4f(0.09678418));
  p = fma(p, t, vec4f(0.37409196));
  p = fma(p, t, vec4f(1.00002368));
  p = fma(p, t, vec4f(-1.26551223));
  let half = 0.5 * t * exp(p - z * z);
  return select(1.0 - half, half, x < vec4f());
}

fn normal_density(x: vec4f) -> vec4f { return 0.39894228 * exp(-0.5 * x * x); }

// x * cdf(x), and its slope.
fn gelu(x: vec4f) -> vec4f { return x * normal_cdf(x); }
fn gelu_slope(x: vec4f) -> vec4f { return normal_cdf(x) + x * normal_density(x); }
