// F(4x4, 3x3) evaluates polynomials at 0, P, -P, Q, -Q and infinity. The powers of these are exact in f32; of the pairs
// tried they err least, less than half as much as the usual 1 and 2, and a quarter at worst (docs/decisions/0007).
const P: f32 = 0.625;
const Q: f32 = 1.5;
const PP: f32 = P * P;
const QQ: f32 = Q * Q;
