"""Named steps between a scan and training; the same in the docks, on the command line and later.

Statistics that a step needs are taken over all chosen scans together and kept with the
model, so that spectra of healthy and infected scans stay comparable.
"""

from napari_dgc.preprocessing.pipeline import FittedPipeline, Pipeline
from napari_dgc.preprocessing.registry import STEPS, get_step, parse_steps
from napari_dgc.preprocessing.step import Step

__all__ = ["STEPS", "FittedPipeline", "Pipeline", "Step", "get_step", "parse_steps"]
