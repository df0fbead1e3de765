"""Networks and optimisers as named arrays, and back."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def module_arrays(module: torch.nn.Module, prefix: str) -> dict[str, NDArray[Any]]:
    """Return a module's parameters and buffers as ``prefix.name`` arrays."""
    return {f"{prefix}.{name}": value.cpu().numpy() for name, value in module.state_dict().items()}


def load_module(module: torch.nn.Module, prefix: str, arrays: dict[str, NDArray[Any]]) -> None:
    """Load what `module_arrays` returned; raises RuntimeError when it does not fit."""
    start = f"{prefix}."
    module.load_state_dict(
        {
            name.removeprefix(start): torch.from_numpy(np.array(value))
            for name, value in arrays.items()
            if name.startswith(start)
        }
    )


def optimiser_arrays(optimiser: torch.optim.Optimizer, prefix: str) -> dict[str, NDArray[Any]]:
    """Return an optimiser's state as ``prefix.parameter.name`` arrays."""
    return {
        f"{prefix}.{parameter}.{name}": value.cpu().numpy()
        for parameter, state in optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }


def load_optimiser(
    optimiser: torch.optim.Optimizer, prefix: str, arrays: dict[str, NDArray[Any]]
) -> None:
    """Load what `optimiser_arrays` returned; nothing happens where there is none."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in arrays.items():
        if key.startswith(f"{prefix}."):
            parameter, name = key.removeprefix(f"{prefix}.").split(".")
            state.setdefault(int(parameter), {})[name] = torch.from_numpy(np.array(value))
    if state:
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": state, "param_groups": groups})
