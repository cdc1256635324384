"""Train the network whose features ship with the kit, and write unroll/scenes/featurizer.npz.

    pip install torch --index-url https://download.pytorch.org/whl/cpu      # or any PyTorch; needed here only
    python bench/train_featurizer.py --scenes 60000 --minutes 12

The network sees scenes of a stream of its own ("featurizer"), never those of train or val, and learns to tell what
is in them: kinds with their colours, counts and sizes, the setting, the time, the weather, the relation. Its last
layer is thrown away. What ships are the folded convolutions and a projection on the 512 principal axes of the pooled
activations, both in half precision. Another run gives other weights: then raise VERSION in unroll/data/embedded.py.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from tqdm import trange

from unroll.scenes import features, image_at, scene_at
from unroll.scenes.scene import Scene
from unroll.scenes.world import COLOURS, KINDS, SETTINGS

SPLIT = "featurizer"
CHANNELS = (32, 64, 96, 160)
PRINCIPAL_SCENES = 12000
BATCH = 128
_GROUPS = {
    "colour": [(kind, colour) for kind in KINDS for colour in COLOURS],
    "count": [(kind, count) for kind in KINDS for count in range(1, 6)],
    "size": [(kind, size) for kind in KINDS for size in ("small", "normal", "large")],
    "pose": [(kind, pose) for kind in KINDS for pose in ("lying", "flying", "floating")],
    "kind": list(KINDS),
    "setting": list(SETTINGS),
    "time": ["day", "sunset", "night"],
    "weather": ["clear", "cloudy", "rain", "snowfall"],
    "relation": ["left of", "right of", "between", "above", "holding", "riding", "on", "in front of", "alone"],
}
_PLACE = {name: i for i, name in enumerate((group, value) for group, values in _GROUPS.items() for value in values)}


def facts(scene: Scene) -> list[int]:
    """The numbers of the targets that are true of a scene."""
    true = {("setting", scene.setting), ("time", scene.time), ("weather", scene.weather), ("relation", scene.relation)}
    for thing in scene.things:
        true.add(("kind", thing.kind))
        for group in ("colour", "count", "size", "pose"):
            true.add((group, (thing.kind, getattr(thing, group))))
    return [_PLACE[fact] for fact in true if fact in _PLACE]


class Network(nn.Module):
    """Four convolutions and pools, as `unroll.scenes.features` computes them, and a layer that is thrown away."""

    def __init__(self):
        super().__init__()
        sizes = ((3, 5, 2), (CHANNELS[0], 3, 2), (CHANNELS[1], 3, 1), (CHANNELS[2], 3, 1))
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, side, stride)
            for (inputs, side, stride), outputs in zip(sizes, CHANNELS, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(outputs) for outputs in CHANNELS)
        self.head = nn.Linear(6 * CHANNELS[-1], len(_PLACE))

    def forward(self, x):
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            x = functional.relu(norm(convolution(x)))
            if i == 2:
                x = functional.max_pool2d(x, 2)
        pooled = torch.cat([x.amax((2, 3)), x.mean((2, 3)), functional.adaptive_max_pool2d(x, 2).flatten(1)], 1)
        return self.head(functional.dropout(pooled, 0.3, self.training))


def draw(count: int) -> tuple[np.ndarray, list[list[int]]]:
    """Images (count, 64, 64, 3) uint8, as the network sees them, and their facts."""
    images = np.empty((count, 64, 64, 3), np.uint8)
    true = []
    for i in trange(count, desc="scenes", unit="image"):
        scene = scene_at(SPLIT, i)
        images[i] = np.rint(features.halved(image_at(SPLIT, i, scene)[None])[0])
        true.append(facts(scene))
    return images, true


def train(images: np.ndarray, true: list[list[int]], minutes: float) -> Network:
    network = Network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), 4e-3, weight_decay=1e-4)
    generator = np.random.default_rng(0)
    begun, steps, shown = time.monotonic(), 0, 0.0
    while (share := (time.monotonic() - begun) / (60 * minutes)) < 1:
        rate = 4e-3 * min(1, share / 0.15 + 0.05) * (1 - share) ** 0.9 + 1e-5
        for group in optimizer.param_groups:
            group["lr"] = rate
        chosen = generator.integers(len(images), size=BATCH)
        batch = torch.from_numpy(images[chosen].transpose(0, 3, 1, 2)).to(memory_format=torch.channels_last)
        targets = torch.zeros(BATCH, len(_PLACE))
        for row, index in enumerate(chosen):
            targets[row, true[index]] = 1
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(batch.float() / 255 - 0.5)
        loss = functional.binary_cross_entropy_with_logits(logits.float(), targets, reduction="none").sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
        shown += loss.item() / 500
        if steps % 500 == 0:
            print(f"{share:4.0%}  step {steps}  loss {shown:.2f}", flush=True)
            shown = 0.0
    return network.eval()


def folded(network: Network) -> dict[str, np.ndarray]:
    """The convolutions with their normalisation folded in: kernels (side, side, in, out) and biases, half precision."""
    arrays = {}
    for i, (convolution, norm) in enumerate(zip(network.convolutions, network.norms, strict=True)):
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        kernel = convolution.weight * scale[:, None, None, None]
        bias = (convolution.bias - norm.running_mean) * scale + norm.bias
        arrays[f"kernel{i}"] = kernel.detach().permute(2, 3, 1, 0).numpy().astype(np.float16)
        arrays[f"bias{i}"] = bias.detach().numpy().astype(np.float16)
    return arrays


def principal_axes(raw: np.ndarray) -> dict[str, np.ndarray]:
    """Mean, and the projection on the first axes, scaled so that the root mean square of features is one."""
    mean = raw.mean(axis=0)
    centred = (raw - mean).astype(np.float64)
    variance, axes = np.linalg.eigh(centred.T @ centred / len(raw))
    axes = axes[:, ::-1][:, : features.WIDTH]
    print(f"{features.WIDTH} axes hold {variance[::-1][: features.WIDTH].sum() / variance.sum():.2%} of the variance")
    scale = np.sqrt(((centred @ axes) ** 2).mean())
    return {"mean": mean.astype(np.float32), "axes": (axes / scale).astype(np.float16)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=60000)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--threads", type=int, default=1, help="more than there are idle cores slows it down")
    parser.add_argument("--out", type=Path, default=features.WEIGHTS)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    images, true = draw(options.scenes)
    arrays = folded(train(images, true, options.minutes))
    raw = features.activations(images[:PRINCIPAL_SCENES], arrays)
    np.savez_compressed(options.out, **arrays, **principal_axes(raw))
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
