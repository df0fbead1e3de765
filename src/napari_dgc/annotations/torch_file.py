"""Label maps that torch wrote: one tensor, or a dict that holds one."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_dgc.annotations.label_image import MOST_PIXELS, LabelClass
from napari_dgc.errors import UserError

#: Most bytes of a file, packed and unpacked: a map of the largest size as eight-byte numbers.
_MOST_BYTES = 8 * MOST_PIXELS
#: Most bytes of what describes the tensors; it is a few hundred for one of them.
_MOST_DESCRIPTION = 1 << 20


def read_torch(path: Path) -> tuple[NDArray[Any], list[LabelClass], float | None]:
    """Read the only 2-D tensor of whole numbers of a file of ``torch.save``.

    Nothing but tensors and plain containers is made from the file (``weights_only``), and only
    files of torch 1.6 (2020) or later are read: those tell their sizes before anything is
    unpacked.

    Returns
    -------
    tuple
        (row, column) numbers; no classes and no pixel size, as such files hold none.

    Raises
    ------
    UserError
        When the file is too large, of another kind, or does not hold one such tensor.
    """
    _check_sizes(path)
    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever a damaged or hostile file brings about
        raise UserError(
            f"{path} holds more than tensors, or is damaged; save the label map alone, as "
            "torch.save(labels, name)."
        ) from None
    tensor = _only_map(content, path)
    return tensor.numpy(), [], None


def _check_sizes(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeError):
        raise UserError(
            f"{path} is no file of torch 1.6 or later, or damaged; save the label map again."
        ) from None
    described = sum(entry.file_size for entry in entries if entry.filename.endswith(".pkl"))
    if (
        sum(entry.file_size for entry in entries) > _MOST_BYTES
        or described > _MOST_DESCRIPTION
        # torch packs nothing; what is packed may say anything of its size.
        or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    ):
        raise UserError(f"{path} is too large, or packed: it is no label map that torch wrote.")


def _only_map(content: Any, path: Path) -> Any:
    """Return the only map among the tensors."""
    import torch

    named = content if isinstance(content, dict) else {"": content}
    tensors = {str(name): item for name, item in named.items() if isinstance(item, torch.Tensor)}
    maps = {name: item.detach() for name, item in tensors.items() if _is_map(item)}
    if len(maps) == 1:
        return next(iter(maps.values()))
    if maps:
        found = ", ".join(list(maps)[:10])
        raise UserError(f"{path} must hold exactly one 2-D tensor of labels (found: {found}).")
    if len(tensors) == 1:
        (tensor,) = tensors.values()
        size = " x ".join(str(length) for length in tensor.shape) or "a single value"
        kind = str(tensor.dtype).removeprefix("torch.")
        raise UserError(
            f"{path} is not a label map: it is {size} of {kind}, not rows x columns of whole "
            "numbers."
        )
    raise UserError(f"{path} must hold exactly one 2-D tensor of labels (found: none).")


def _is_map(tensor: Any) -> bool:
    """Tell whether a tensor may be a map of labels; a leading axis of length 1 is one of these."""
    import torch

    return bool(
        tensor.layout == torch.strided
        and not tensor.is_quantized
        and not tensor.is_complex()
        and tensor.device.type == "cpu"
        and tensor.dtype not in (torch.bfloat16, torch.float16)
        and sum(length > 1 for length in tensor.shape) == 2
        and tensor.numel() <= MOST_PIXELS
    )
