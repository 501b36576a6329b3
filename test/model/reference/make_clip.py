"""Small CLIP towers with random weights and what PyTorch makes of them, in float64, as clip.safetensors.

python3 make_clip.py      (PyTorch and NumPy; the architecture is written out here, no other package is needed)

Weights have the names that Hugging Face gives them and are rounded to float16 before anything is computed, so that the
file is small and exact. Text: 2 layers, width 32, 4 heads, 77 positions. Vision: 2 layers, width 48, 3 heads, 4 x 4
patches of 8 pixels. Inputs and outputs are stored under input.* and output.*.
"""

import pathlib

import numpy
import torch
import torch.nn.functional as F

import safetensors_file

torch.manual_seed(20260101)
LAYERS, VOCABULARY, PROJECTION = 2, 96, 24
weights = {}


def draw(name, *shape, scale=1.0, shift=0.0):
    value = (torch.randn(*shape, dtype=torch.float64) * scale + shift).half()
    weights[name] = value
    return value.double()


def linear(name, inputs, outputs, bias=True):
    w = draw(f"{name}.weight", outputs, inputs, scale=1.2 / inputs**0.5)
    b = draw(f"{name}.bias", outputs, scale=0.2) if bias else None
    return lambda x: F.linear(x, w, b)


def norm(name, width):
    w = draw(f"{name}.weight", width, scale=0.2, shift=1.0)
    b = draw(f"{name}.bias", width, scale=0.2)
    return lambda x: F.layer_norm(x, (width,), w, b, 1e-5)


def layer(name, width, heads, causal):
    norm1, norm2 = norm(f"{name}.layer_norm1", width), norm(f"{name}.layer_norm2", width)
    q, k, v, out = (linear(f"{name}.self_attn.{p}_proj", width, width) for p in ("q", "k", "v", "out"))
    fc1, fc2 = linear(f"{name}.mlp.fc1", width, 4 * width), linear(f"{name}.mlp.fc2", 4 * width, width)

    def split(x):
        return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)

    def forward(x):
        y = norm1(x)
        scores = split(q(y)) @ split(k(y)).transpose(2, 3) / (width // heads) ** 0.5
        if causal:
            length = x.shape[1]
            scores = scores + torch.full((length, length), -torch.inf, dtype=x.dtype).triu(1)
        mixed = (scores.softmax(-1) @ split(v(y))).transpose(1, 2).reshape(x.shape)
        x = x + out(mixed)
        hidden = fc1(norm2(x))
        return x + fc2(hidden * torch.sigmoid(1.702 * hidden))

    return forward


def text_tower(width=32, heads=4, length=77):
    table = draw("text_model.embeddings.token_embedding.weight", VOCABULARY, width)
    positions = draw("text_model.embeddings.position_embedding.weight", length, width, scale=0.3)
    layers = [layer(f"text_model.encoder.layers.{i}", width, heads, True) for i in range(LAYERS)]
    final = norm("text_model.final_layer_norm", width)
    project = linear("text_projection", width, PROJECTION, bias=False)
    ids = torch.randint(0, VOCABULARY - 2, (1, length))
    ids[0, 0], ids[0, 9:] = VOCABULARY - 2, VOCABULARY - 1
    x = table[ids] + positions
    for run in layers:
        x = run(x)
    tokens = final(x)
    # The end token is the highest id; argmax names the first.
    return {"input.ids": ids[0].numpy().astype(numpy.uint8)}, {"tokens": tokens[0], "pooled": project(tokens[0, 9])}


def vision_tower(width=48, heads=3, patch=8, side=4):
    first = draw("vision_model.embeddings.class_embedding", width)
    kernel = draw("vision_model.embeddings.patch_embedding.weight", width, 3, patch, patch, scale=0.1)
    positions = draw("vision_model.embeddings.position_embedding.weight", 1 + side * side, width, scale=0.3)
    before = norm("vision_model.pre_layrnorm", width)
    layers = [layer(f"vision_model.encoder.layers.{i}", width, heads, False) for i in range(LAYERS)]
    after = norm("vision_model.post_layernorm", width)
    project = linear("visual_projection", width, PROJECTION, bias=False)
    pixels = torch.randn(1, 3, patch * side, patch * side).half()
    patches = F.conv2d(pixels.double(), kernel, stride=patch).flatten(2).transpose(1, 2)
    x = before(torch.cat([first.view(1, 1, -1), patches], 1) + positions)
    for run in layers:
        x = run(x)
    return {"input.pixels": pixels[0].permute(1, 2, 0).numpy()}, {"embedding": project(after(x[0, 0]))}


def resampling():
    """Pillow's bicubic, as torch's antialiased one computes it, and torch's bilinear."""
    picture = torch.randint(0, 256, (1, 3, 19, 26), dtype=torch.uint8)
    values = picture.double()
    small = F.interpolate(values, size=(7, 7), mode="bicubic", antialias=True, align_corners=False)
    large = F.interpolate(values, size=(40, 40), mode="bicubic", antialias=True, align_corners=False)
    linear_large = F.interpolate(values, size=(40, 40), mode="bilinear", align_corners=False)
    linear_small = F.interpolate(values, size=(7, 7), mode="bilinear", align_corners=False)
    made = {"bicubic.7": small, "bicubic.40": large, "bilinear.7": linear_small, "bilinear.40": linear_large}
    return {"input.picture": picture[0].permute(1, 2, 0).numpy()}, {k: v[0].permute(1, 2, 0) for k, v in made.items()}


tensors = {}
for inputs, outputs in (text_tower(), vision_tower(), resampling()):
    tensors.update(inputs)
    tensors.update({f"output.{name}": value.float().numpy() for name, value in outputs.items()})
tensors.update({name: value.numpy() for name, value in weights.items()})
about = {"made_by": f"make_clip.py, PyTorch {torch.__version__}"}
safetensors_file.write(pathlib.Path(__file__).parent / "clip.safetensors", tensors, about)
