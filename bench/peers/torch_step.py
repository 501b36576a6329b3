"""src/train/gan_step.ts once more, in PyTorch."""

import torch

from torch_graph import channels_first, channels_last, kinds_of, run_graph


class TrainingStep:
    """One step a run. Outputs: `losses` (discriminator, GAN, L1), and the first moments `m <name>` of all that is trained."""

    def __init__(self, step, values, device, dtype=torch.float32):
        self.step = step
        # On the processor one step more, in double precision: what everybody's numbers are held against.
        exact = device.type == "cpu" and dtype == torch.float32
        self.exact = TrainingStep(step, values, device, torch.float64) if exact else None
        self.kinds = {**kinds_of(step["generator"]), **kinds_of(step["discriminator"])}
        names = [n for n in [*self.kinds, "target"] if n != "picture"]
        self.named = {n: channels_first(values[n], self.kinds.get(n, "input")).to(device, dtype) for n in names}
        judged = [n for n in self.kinds if n.startswith("discriminator.")]
        self.optimizers = [self.adam(step["trained"]), self.adam(judged)]
        self.trained = [*step["trained"], *judged]
        self.losses = None

    def adam(self, names):
        given = self.step["adam"]
        betas = (given["beta1"], given["beta2"])
        return torch.optim.Adam(
            [self.named[n].requires_grad_(True) for n in names], lr=given["lr"], betas=betas, eps=given["eps"]
        )

    def judge(self, picture):
        return run_graph(self.step["discriminator"], {**self.named, "picture": picture})["score"]

    def run(self):
        generator, discriminator = self.optimizers
        fake = run_graph(self.step["generator"], self.named)["y"]
        target = self.named["target"]
        real = (self.judge(target) - 1).square().mean()
        d = 0.5 * (real + self.judge(fake.detach()).square().mean())
        discriminator.zero_grad()
        d.backward()
        discriminator.step()
        gan = (self.judge(fake) - 1).square().mean()
        l1 = (fake - target).abs().mean()
        generator.zero_grad()
        (gan + self.step["lambdaL1"] * l1).backward()
        generator.step()
        self.losses = torch.stack([d.detach(), gan.detach(), l1.detach()])

    def outputs(self):
        """After the first run."""
        if self.exact:
            self.exact.run()
            return self.exact.outputs()
        outputs = {"losses": self.losses}
        for name in self.trained:
            tensor = self.named[name]
            optimizer = next(o for o in self.optimizers if tensor in o.state)
            outputs[f"m {name}"] = channels_last(optimizer.state[tensor]["exp_avg"], self.kinds[name])
        return outputs
