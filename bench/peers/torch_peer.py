"""PyTorch as the bench drives it: the same messages as the other children, on Node's IPC channel.

Started with one argument: cpu, eager, graph (CUDA graphs) or compile (torch.compile). Python has no types for the
messages; bench/protocol.ts describes them.
"""

import json
import os
import socket
import sys
import time

import numpy
import torch

from torch_graph import channels_first, channels_last, kinds_of, run_graph
from torch_step import TrainingStep

MODE = sys.argv[1]
DEVICE = torch.device("cpu" if MODE == "cpu" else "cuda")


def wait():
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def measure(work):
    """Wall and processor milliseconds of work(), the latter divided by the number of processors."""
    before, start = time.process_time(), time.perf_counter()
    work()
    wait()
    wall = (time.perf_counter() - start) * 1000
    return {"wall": wall, "cpu": (time.process_time() - before) * 1000 / len(os.sched_getaffinity(0))}


def read_values(files):
    data = numpy.fromfile(os.path.join(files["folder"], files["values"]), dtype="<f4")
    values = {}
    for place in files["places"]:
        size = int(numpy.prod(place["shape"], dtype=numpy.int64))
        part = data[place["offset"] : place["offset"] + size].reshape(place["shape"])
        values[place["name"]] = torch.from_numpy(part.copy())
    return values


class Forward:
    """A graph's outputs, and `d <name>` for each tensor to differentiate by."""

    def __init__(self, workload, values):
        self.graph, self.wanted = workload["graph"], workload["wanted"]
        self.kinds = kinds_of(self.graph)
        names = [*self.kinds, *(["dy"] if self.wanted else [])]
        self.named = {n: channels_first(values[n], self.kinds.get(n, "input")).to(DEVICE) for n in names}
        for name in self.wanted:
            self.named[name].requires_grad_(True)
        self.results = {}
        self.replay = self.compute
        if MODE == "compile":
            self.replay = torch.compile(self.compute)
        if MODE == "graph":
            self.replay = self.captured()

    def compute(self):
        if not self.wanted:
            with torch.no_grad():
                return run_graph(self.graph, self.named)
        results = run_graph(self.graph, self.named)
        grads = torch.autograd.grad(results["y"], [self.named[n] for n in self.wanted], self.named["dy"])
        return {**results, **{f"d {n}": g for n, g in zip(self.wanted, grads)}}

    def captured(self):
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.compute()
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            results = self.compute()

        def replay():
            graph.replay()
            return results

        return replay

    def run(self):
        self.results = self.replay()

    def outputs(self):
        return {n: channels_last(x.detach(), self.kinds.get(n[2:], "input")) for n, x in self.results.items()}


def prepared(workload, values):
    if not workload["step"]:
        return Forward(workload, values)
    if MODE in ("graph", "compile"):
        raise RuntimeError("a training step is run eagerly alone")
    return TrainingStep(workload["step"], values, DEVICE)


def write_outputs(folder, file, outputs):
    places, offset = [], 0
    with open(os.path.join(folder, file), "wb") as out:
        for name, tensor in outputs.items():
            array = tensor.cpu().contiguous().numpy().astype("<f4")
            places.append({"name": name, "shape": list(array.shape), "offset": offset})
            offset += array.size
            out.write(array.tobytes())
    return places


class Child:
    def __init__(self):
        self.work, self.folder = None, ""

    def open(self, request):
        torch.set_num_threads(request["threads"])
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        name = torch.cuda.get_device_name() if DEVICE.type == "cuda" else f"{torch.get_num_threads()} threads"
        return {"device": f"{torch.__version__}, {name}"}

    def prepare(self, request):
        self.folder = request["files"]["folder"]
        values = read_values(request["files"])

        def first():
            self.work = prepared(request["workload"], values)
            self.work.run()

        return {"cold": measure(first)}

    def outputs(self, request):
        return {"places": write_outputs(self.folder, request["file"], self.work.outputs())}

    def run(self, _):
        return measure(self.work.run)


def main():
    channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
    child = Child()
    for line in channel.makefile("r"):
        request = json.loads(line)
        try:
            reply = {"answer": getattr(child, request["verb"])(request)}
        except Exception as error:  # whatever went wrong is a table's cell
            reply = {"error": str(error).strip().split("\n")[0][:300]}
        channel.sendall((json.dumps({"id": request["id"], **reply}) + "\n").encode())


main()
