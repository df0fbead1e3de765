"""Where to compute."""

from napari_dgc.errors import UserError


def available_devices() -> tuple[str, ...]:
    """Return what ``--device`` accepts on this machine, ``"auto"`` and ``"cpu"`` first."""
    import torch

    found = ["auto", "cpu"]
    if torch.cuda.is_available():
        found.append("cuda")
        found += [f"cuda:{i}" for i in range(1, torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return tuple(found)


def resolve_device(name: str) -> str:
    """Turn ``"auto"`` into the fastest device there is, and refuse one that is not there."""
    devices = available_devices()
    if name == "auto":
        return devices[2] if len(devices) > 2 else "cpu"
    if name not in devices:
        raise UserError(
            f"There is no device {name!r} on this machine; choose one of: {', '.join(devices)}."
        )
    return name
