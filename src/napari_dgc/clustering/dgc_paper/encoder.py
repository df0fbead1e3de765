"""From spectra to embeddings on the unit sphere."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_dgc.clustering.compiled import scale_rows, share_rows, usable

#: How far a pixel of the embedding looks around itself (two 3x3 layers).
ENCODER_REACH = 2
#: Rows that are convolved at a time.
_BLOCK = 32


class SpectralSpatialEncoder(nn.Module):
    """Three spectral layers per pixel, two 3x3 spatial layers, unit length.

    The spectral layers are 1x1 convolutions with the bands as channels
    (bands -> 32 -> 32 -> 32). This keeps the channels the paper names, makes
    every first-layer weight a function over the whole spectrum, works for any
    number of bands, and is one matrix product per layer; sliding kernels along
    the wavelength of every pixel cost 10 to 30 times as much on a CPU. The
    code published with the paper instead slides kernels of 9 pixels along the
    raster of the image, which smears the picture sideways across line ends.

    The last layer has no rectifier: rectified embeddings fill one corner of the
    sphere only, where all pixels look alike to the mean shift.

    Parameters
    ----------
    bands
        Number of bands read.
    dimensions
        Length of the embedding.
    seed
        Decides the first weights; the global random state is left alone.
    """

    def __init__(self, bands: int, dimensions: int = 32, *, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        widths = (bands, dimensions, dimensions, dimensions)
        self.spectral = nn.ModuleList(
            _convolution(widths[i], widths[i + 1], 1, generator) for i in range(3)
        )
        self.spatial = nn.ModuleList(
            _convolution(dimensions, dimensions, 3, generator) for _ in range(2)
        )

    def forward(self, spectra: Tensor, valid: Tensor) -> Tensor:
        """Embed windows.

        Parameters
        ----------
        spectra
            (windows, bands, rows, columns), standardised, 0 where there is no data.
        valid
            (windows, rows, columns), True where there is data.

        Returns
        -------
        Tensor
            (windows, dimensions, rows, columns), unit length along dimensions.
        """
        return self.look_around(self.of_spectra(spectra, valid))

    def of_spectra(self, spectra: Tensor, valid: Tensor) -> Tensor:
        """Apply the layers that look at single pixels; arguments as for `forward`."""
        # As matrix products: the libraries reorder images for a convolution of 1x1, which costs
        # several times what the product does, and rounds by the size of the image.
        windows, _, rows, columns = spectra.shape
        hidden = spectra.flatten(2)
        for layer in self.spectral:
            assert isinstance(layer, nn.Conv2d) and layer.bias is not None
            hidden = layer.weight.flatten(1) @ hidden + layer.bias[:, None]
            hidden = functional.relu_(hidden)
        # Pixels without data must not speak for the mean spectrum to their neighbours.
        return hidden.view(windows, -1, rows, columns) * valid[:, None]

    def look_around(self, hidden: Tensor) -> Tensor:
        """Apply the layers that look at neighbours to the result of `of_spectra`."""
        exact = not torch.is_grad_enabled() and usable(hidden)
        convolve = _by_products if exact else _by_library
        hidden = functional.relu_(convolve(self.spatial[0], _pad(hidden)))
        hidden = convolve(self.spatial[1], _pad(hidden))
        return unit_length(hidden)


def unit_length(images: Tensor) -> Tensor:
    """Scale (windows, dimensions, rows, columns) to unit length along dimensions."""
    if not torch.is_grad_enabled() and usable(images):
        # Sums of the library are rounded by the size of the image.
        values = images.contiguous().numpy()
        result = np.empty_like(values)
        rows = values.shape[2]
        share_rows(lambda first, last: scale_rows(values, result, first, last), len(values) * rows)
        return torch.from_numpy(result)
    # functional.normalize takes ten times as long on a CPU.
    squared = (images * images).sum(1, keepdim=True)
    return images * torch.rsqrt(squared.clamp_min(1e-12))


def _by_library(layer: nn.Module, image: Tensor) -> Tensor:
    result: Tensor = layer(image)
    return result


def _by_products(layer: nn.Module, image: Tensor) -> Tensor:
    """Convolve with 3x3 as nine products of matrices, rounded alike whatever the image's size."""
    assert isinstance(layer, nn.Conv2d) and layer.bias is not None
    windows, size, rows, columns = image.shape
    result = torch.empty(windows, len(layer.weight), rows - 2, columns)
    flat = image.reshape(windows, size, -1)
    # Blocks of rows that stay in the cache.
    for top in range(0, rows - 2, _BLOCK):
        height = min(_BLOCK, rows - 2 - top)
        # Columns beyond the right rim, which are cut off, run on into the next row.
        length = height * columns - 2
        for window in range(windows):
            out = layer.bias[:, None].repeat(1, height * columns)
            for i in range(3):
                for j in range(3):
                    start = (top + i) * columns + j
                    out[:, :length].addmm_(
                        layer.weight[:, :, i, j], flat[window, :, start : start + length]
                    )
            result[window, :, top : top + height] = out.view(-1, height, columns)
    return result[..., : columns - 2]


def _pad(image: Tensor) -> Tensor:
    """Continue an image by one pixel, mirrored at its rim."""
    mode = "reflect" if min(image.shape[-2:]) > 1 else "replicate"
    return functional.pad(image, (1, 1, 1, 1), mode=mode)


def _convolution(inputs: int, outputs: int, edge: int, generator: torch.Generator) -> nn.Conv2d:
    """Make a convolution with He-normal weights drawn from the generator."""
    # Made without storage first: the usual constructor would use the global random state.
    layer = nn.Conv2d(inputs, outputs, edge, device="meta").to_empty(device="cpu")
    scale = math.sqrt(2 / (inputs * edge * edge))
    with torch.no_grad():
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * scale)
        assert layer.bias is not None
        layer.bias.zero_()
    return layer
