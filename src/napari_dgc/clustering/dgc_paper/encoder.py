"""From spectra to embeddings on the unit sphere."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

#: How far a pixel of the embedding looks around itself (two 3x3 layers).
ENCODER_REACH = 2


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
        hidden = spectra
        for layer in self.spectral:
            hidden = functional.relu(layer(hidden))
        # Pixels without data must not speak for the mean spectrum to their neighbours.
        hidden = hidden * valid[:, None]
        hidden = functional.relu(self.spatial[0](_pad(hidden)))
        hidden = self.spatial[1](_pad(hidden))
        return functional.normalize(hidden, dim=1, eps=1e-6)


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
