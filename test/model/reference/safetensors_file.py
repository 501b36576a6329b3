"""Writes safetensors with NumPy alone, so that the references can be remade where only PyTorch is installed."""

import json
import struct

import numpy

NAMES = {"float32": "F32", "float16": "F16", "uint8": "U8"}


def write(path, tensors, metadata):
    """tensors: name -> array of float32, float16 or uint8; metadata: name -> text."""
    header = {"__metadata__": {"format": "pt", **metadata}}
    parts, offset = [], 0
    for name in sorted(tensors, key=lambda n: (-tensors[n].dtype.itemsize, n)):
        data = numpy.ascontiguousarray(tensors[name]).tobytes()
        header[name] = {
            "dtype": NAMES[str(tensors[name].dtype)],
            "shape": list(tensors[name].shape),
            "data_offsets": [offset, offset + len(data)],
        }
        parts.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
