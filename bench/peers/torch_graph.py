"""A graph (bench/graph/graph.ts) run with PyTorch; pictures have their channels first, as PyTorch wants them."""

import torch
import torch.nn.functional as F

CONVOLUTIONS = ("conv2d", "conv_transpose2d")


def channels_first(x, kind):
    """[n, h, w, c] to [n, c, h, w]; a convolution's [kh, kw, i, o] to [o, i, kh, kw]."""
    if kind in CONVOLUTIONS:
        return x.permute(3, 2, 0, 1).contiguous()
    return x.permute(0, 3, 1, 2).contiguous() if kind == "input" and x.dim() == 4 else x.contiguous()


def channels_last(x, kind):
    """The inverse of channels_first."""
    if kind in CONVOLUTIONS:
        return x.permute(2, 3, 1, 0)
    return x.permute(0, 2, 3, 1) if kind == "input" and x.dim() == 4 else x


def kinds_of(graph):
    """What each named tensor is, by name: `input` or the kind of a weight."""
    return {n["name"]: n.get("kind", "input") for n in graph["nodes"] if n["op"] in ("input", "weight")}


def convolution(node, x, w, bias=None):
    stride, padding = node["stride"], node["padding"]
    if node["op"] == "conv_transpose2d":
        return F.conv_transpose2d(x, w, bias, stride, padding, node["outputPadding"])
    if node["reflect"]:
        return F.conv2d(F.pad(x, [padding] * 4, mode="reflect"), w, bias, stride)
    return F.conv2d(x, w, bias, stride, padding)


def attention(q, k, v, heads):
    q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
    if hasattr(F, "scaled_dot_product_attention"):
        y = F.scaled_dot_product_attention(q, k, v)
    else:
        y = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, dim=-1) @ v
    return y.transpose(1, 2).flatten(-2)


def matmul(a, b, bias=None):
    return a @ b if bias is None else a @ b + bias


def geglu(x):
    a, b = x.chunk(2, dim=-1)
    return a * F.gelu(b)


def pixels(x, shape):
    n, h, w, c = shape
    return x.transpose(1, 2).reshape(n, c, h, w)


def compute(node, of):
    op = node["op"]
    if op in CONVOLUTIONS:
        return convolution(node, *of)
    return {
        "matmul": matmul,
        "instance_norm": lambda x, w=None, b=None: F.instance_norm(x, weight=w, bias=b, eps=1e-5),
        "layer_norm": lambda x, w, b: F.layer_norm(x, w.shape, w, b, 1e-5),
        "relu": torch.relu,
        "tanh": torch.tanh,
        "leaky_relu": lambda x: F.leaky_relu(x, node["slope"]),
        "geglu": geglu,
        "add": torch.add,
        "concat": lambda a, b: torch.cat([a, b], dim=1),
        "attention": lambda q, k, v: attention(q, k, v, node["heads"]),
        "tokens": lambda x: x.flatten(2).transpose(1, 2),
        "pixels": lambda x: pixels(x, node["shape"]),
    }[op](*of)


def run_graph(graph, named):
    """The outputs of a graph by name."""
    results = []
    for node in graph["nodes"]:
        given = node["op"] in ("input", "weight")
        results.append(named[node["name"]] if given else compute(node, [results[i] for i in node["of"]]))
    return {name: results[i] for name, i in graph["outputs"].items()}
