"""Feature sets and their Fréchet and kernel distances by NumPy and SciPy in float64, as metrics.safetensors.

python3 make_metrics.py      (NumPy, SciPy)

Sets are stored as float32, from which everything is computed in float64. fid.<case> is the distance by
scipy.linalg.sqrtm, as pytorch-fid computes it; where a covariance is singular, where sqrtm is not reliable, by
eigenvalues of the symmetric form and checked against sqrtm of slightly regularised matrices. mmd.<case> is the unbiased
MMD^2 under (x.y / d + 1)^3. gaussian.* are covariances themselves, with the distance in closed form where they commute.
"""

import pathlib
import sys

import numpy
import scipy
import scipy.linalg

here = pathlib.Path(__file__).parent
sys.path.append(str(here.parent.parent / "model" / "reference"))
import safetensors_file  # noqa: E402

random = numpy.random.default_rng(20260103)
tensors, about = {}, {"made_by": f"make_metrics.py, NumPy {numpy.__version__}, SciPy {scipy.__version__}"}


def frechet(a, b, singular):
    (m1, c1), (m2, c2) = ((x.mean(0), numpy.cov(x, rowvar=False)) for x in (a, b))
    shift = ((m1 - m2) ** 2).sum() + numpy.trace(c1) + numpy.trace(c2)
    if not singular:
        return shift - 2 * numpy.trace(scipy.linalg.sqrtm(c1 @ c2).real)
    # tr (C1 C2)^(1/2) is the nuclear norm of A B^T, C1 = A^T A, C2 = B^T B.
    left, right = ((x - x.mean(0)) / numpy.sqrt(len(x) - 1) for x in (a, b))
    exact = shift - 2 * scipy.linalg.svdvals(left @ right.T).sum()
    eps = 1e-10 * numpy.eye(len(c1))
    rough = shift - 2 * numpy.trace(scipy.linalg.sqrtm((c1 + eps) @ (c2 + eps)).real)
    assert abs(rough - exact) < 1e-3 * exact, (rough, exact)
    return exact


def mmd(a, b):
    d = a.shape[1]
    xx, yy, xy = ((p @ q.T / d + 1) ** 3 for p, q in ((a, a), (b, b), (a, b)))
    n, m = len(a), len(b)
    within = (xx.sum() - numpy.trace(xx)) / (n * (n - 1)) + (yy.sum() - numpy.trace(yy)) / (m * (m - 1))
    return within - 2 * xy.mean()


def case(name, a, b, singular=False):
    a, b = a.astype(numpy.float32), b.astype(numpy.float32)
    tensors[f"{name}.a"], tensors[f"{name}.b"] = a, b
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)
    about[f"fid.{name}"] = repr(float(frechet(a, b, singular)))
    about[f"mmd.{name}"] = repr(float(mmd(a, b)))


def gaussian(n, d, spread=1.0, shift=0.0):
    mix = random.standard_normal((d, d)) / numpy.sqrt(d)
    return random.standard_normal((n, d)) @ mix * spread + shift


case("plain", gaussian(80, 12), gaussian(90, 12, 1.3, 0.2))
case("wide", gaussian(200, 48), gaussian(180, 48, 0.8, -0.1))
positive = numpy.maximum(gaussian(120, 16), 0)
case("rectified", positive, numpy.maximum(gaussian(120, 16, 1.5, 0.1), 0))
base = gaussian(100, 10) * numpy.logspace(-3, 1, 10)
case("scaled", base, gaussian(100, 10) * numpy.logspace(-3, 1, 10) + 0.01)
case("near", base[:50], base[50:])
case("few", gaussian(9, 24), gaussian(11, 24, 1.2, 0.3), singular=True)
flat = gaussian(60, 8)
flat[:, 3], flat[:, 5] = 0.25, flat[:, 4]
other = gaussian(60, 8, 1.1)
other[:, 3], other[:, 5] = 0.25, other[:, 4]
case("flat", flat, other, singular=True)
safetensors_file.write(here / "metrics.safetensors", tensors, about)
for key in sorted(about):
    print(key, about[key])
