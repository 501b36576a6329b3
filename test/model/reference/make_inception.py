"""Inception-V3, 16 times narrower and with random weights, and what PyTorch makes of a picture, as inception.safetensors.

python3 make_inception.py      (PyTorch and NumPy; the architecture is written out here)

Names are those of torchvision, pytorch-fid and torch-fidelity; weights are rounded to float16 before anything is
computed, in float64. output.fid pools as the FID network does (averages leave the padding out, Mixed_7c takes maxima),
output.torchvision as torchvision's. The picture is resized to 299 x 299 by interpolate(bilinear, align_corners=False).
"""

import pathlib

import torch
import torch.nn.functional as F

import safetensors_file

torch.manual_seed(20260102)
DIVIDE = 16
weights = {}


def draw(name, *shape, scale=1.0, shift=0.0, positive=False):
    value = torch.randn(*shape, dtype=torch.float64) * scale
    weights[name] = ((value.abs() if positive else value) + shift).half()
    return weights[name].double()


def conv(name, x, out, kernel=1, stride=1, padding=0):
    out, (kh, kw) = out // DIVIDE, (kernel, kernel) if isinstance(kernel, int) else kernel
    if f"{name}.conv.weight" not in weights:
        draw(f"{name}.conv.weight", out, x.shape[1], kh, kw, scale=1.4 / (x.shape[1] * kh * kw) ** 0.5)
        draw(f"{name}.bn.weight", out, scale=0.2, shift=1.0)
        draw(f"{name}.bn.bias", out, scale=0.2, shift=0.1)
        draw(f"{name}.bn.running_mean", out, scale=0.2)
        draw(f"{name}.bn.running_var", out, scale=0.4, shift=0.5, positive=True)
    w = {part: weights[f"{name}.{part}"].double() for part in (
        "conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")}
    y = F.conv2d(x, w["conv.weight"], stride=stride, padding=padding)
    y = F.batch_norm(y, w["bn.running_mean"], w["bn.running_var"], w["bn.weight"], w["bn.bias"], eps=0.001)
    return F.relu(y)


def average(x, fid):
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=not fid)


def block_a(p, x, pooled, fid):
    five = conv(f"{p}.branch5x5_2", conv(f"{p}.branch5x5_1", x, 48), 64, 5, padding=2)
    three = conv(f"{p}.branch3x3dbl_2", conv(f"{p}.branch3x3dbl_1", x, 64), 96, 3, padding=1)
    three = conv(f"{p}.branch3x3dbl_3", three, 96, 3, padding=1)
    pool = conv(f"{p}.branch_pool", average(x, fid), pooled)
    return torch.cat([conv(f"{p}.branch1x1", x, 64), five, three, pool], 1)


def block_b(p, x):
    three = conv(f"{p}.branch3x3", x, 384, 3, stride=2)
    double = conv(f"{p}.branch3x3dbl_2", conv(f"{p}.branch3x3dbl_1", x, 64), 96, 3, padding=1)
    double = conv(f"{p}.branch3x3dbl_3", double, 96, 3, stride=2)
    return torch.cat([three, double, F.max_pool2d(x, 3, stride=2)], 1)


def block_c(p, x, c, fid):
    wide, tall = dict(kernel=(1, 7), padding=(0, 3)), dict(kernel=(7, 1), padding=(3, 0))
    seven = conv(f"{p}.branch7x7_2", conv(f"{p}.branch7x7_1", x, c), c, **wide)
    seven = conv(f"{p}.branch7x7_3", seven, 192, **tall)
    double = conv(f"{p}.branch7x7dbl_2", conv(f"{p}.branch7x7dbl_1", x, c), c, **tall)
    double = conv(f"{p}.branch7x7dbl_3", double, c, **wide)
    double = conv(f"{p}.branch7x7dbl_4", double, c, **tall)
    double = conv(f"{p}.branch7x7dbl_5", double, 192, **wide)
    pool = conv(f"{p}.branch_pool", average(x, fid), 192)
    return torch.cat([conv(f"{p}.branch1x1", x, 192), seven, double, pool], 1)


def block_d(p, x):
    three = conv(f"{p}.branch3x3_2", conv(f"{p}.branch3x3_1", x, 192), 320, 3, stride=2)
    seven = conv(f"{p}.branch7x7x3_1", x, 192)
    seven = conv(f"{p}.branch7x7x3_2", seven, 192, (1, 7), padding=(0, 3))
    seven = conv(f"{p}.branch7x7x3_3", seven, 192, (7, 1), padding=(3, 0))
    seven = conv(f"{p}.branch7x7x3_4", seven, 192, 3, stride=2)
    return torch.cat([three, seven, F.max_pool2d(x, 3, stride=2)], 1)


def block_e(p, x, pooled):
    def fork(name, y):
        a = conv(f"{name}a", y, 384, (1, 3), padding=(0, 1))
        return torch.cat([a, conv(f"{name}b", y, 384, (3, 1), padding=(1, 0))], 1)

    three = fork(f"{p}.branch3x3_2", conv(f"{p}.branch3x3_1", x, 384))
    double = conv(f"{p}.branch3x3dbl_2", conv(f"{p}.branch3x3dbl_1", x, 448), 384, 3, padding=1)
    double = fork(f"{p}.branch3x3dbl_3", double)
    return torch.cat([conv(f"{p}.branch1x1", x, 320), three, double, conv(f"{p}.branch_pool", pooled, 192)], 1)


def pool3(x, fid):
    x = conv("Conv2d_1a_3x3", x, 32, 3, stride=2)
    x = conv("Conv2d_2a_3x3", x, 32, 3)
    x = F.max_pool2d(conv("Conv2d_2b_3x3", x, 64, 3, padding=1), 3, stride=2)
    x = conv("Conv2d_3b_1x1", x, 80)
    x = F.max_pool2d(conv("Conv2d_4a_3x3", x, 192, 3), 3, stride=2)
    for name, pooled in (("5b", 32), ("5c", 64), ("5d", 64)):
        x = block_a(f"Mixed_{name}", x, pooled, fid)
    x = block_b("Mixed_6a", x)
    for name, c in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
        x = block_c(f"Mixed_{name}", x, c, fid)
    x = block_d("Mixed_7a", x)
    x = block_e("Mixed_7b", x, average(x, fid))
    last = F.max_pool2d(x, 3, stride=1, padding=1) if fid else average(x, fid)
    return block_e("Mixed_7c", x, last).mean((2, 3))


picture = torch.randint(0, 256, (1, 3, 6, 8), dtype=torch.uint8)
# Smooth blobs with some noise, so that features are not those of noise alone.
picture = F.interpolate(picture.double(), size=(40, 53), mode="bicubic").clamp(0, 255)
picture = (picture + 12 * torch.randn_like(picture)).clamp(0, 255).round().to(torch.uint8)
x = 2 * (F.interpolate(picture.double() / 255, size=(299, 299), mode="bilinear", align_corners=False)) - 1
tensors = {
    "input.picture": picture[0].permute(1, 2, 0).numpy(),
    "output.fid": pool3(x, True)[0].float().numpy(),
    "output.torchvision": pool3(x, False)[0].float().numpy(),
}
tensors.update({name: value.numpy() for name, value in weights.items()})
about = {"made_by": f"make_inception.py, PyTorch {torch.__version__}"}
safetensors_file.write(pathlib.Path(__file__).parent / "inception.safetensors", tensors, about)
