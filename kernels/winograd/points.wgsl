// F(4x4, 3x3) evaluates polynomials at 0, P, -P, Q, -Q and infinity. Of the points whose powers float32 holds exactly,
// these err least: a fifth of the usual 1 and 2 (docs/decisions/0007).
const P: f32 = 0.625;
const Q: f32 = 1.5;
const PP: f32 = P * P;
const QQ: f32 = Q * Q;
