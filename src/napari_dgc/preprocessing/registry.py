"""Which steps there are, and how they are written on the command line."""

from napari_dgc.errors import UserError
from napari_dgc.preprocessing.binning import BinBands, BinPixels, ChooseBands
from napari_dgc.preprocessing.continuum import ContinuumRemoval
from napari_dgc.preprocessing.destriping import Destripe
from napari_dgc.preprocessing.parameters import (
    parameters,
    parameters_from_text,
    to_text,
)
from napari_dgc.preprocessing.spectral import Absorbance, SavitzkyGolay, StandardNormalVariate
from napari_dgc.preprocessing.statistics import NoiseWhitening, Standardise
from napari_dgc.preprocessing.step import Step

#: All steps by name, in the order in which they are usually done.
STEPS: dict[str, type[Step]] = {
    step.name: step
    for step in (
        ChooseBands,
        Destripe,
        BinPixels,
        BinBands,
        SavitzkyGolay,
        Absorbance,
        StandardNormalVariate,
        ContinuumRemoval,
        Standardise,
        NoiseWhitening,
    )
}


def get_step(name: str) -> type[Step]:
    """Return the class of a step.

    Raises
    ------
    UserError
        There is no step of that name.
    """
    try:
        return STEPS[name]
    except KeyError:
        known = ", ".join(STEPS)
        raise UserError(f"There is no step “{name}”; choose from {known}.") from None


def parse_steps(text: str) -> tuple[Step, ...]:
    """Read steps as they are written on the command line.

    Parameters
    ----------
    text
        Steps parted by commas, each with its parameters after colons:
        ``"bands:keep=450-700+720-900,savgol:window=11:derivative=1,snv"``.

    Raises
    ------
    UserError
        No steps, an unknown step or parameter, or a value out of range.
    """
    steps = []
    for part in text.split(","):
        name, *given = (piece.strip() for piece in part.split(":"))
        if not name:
            raise UserError(
                "An empty step was given; write for example snv,savgol:window=11:order=2."
            )
        cls = get_step(name)
        values: dict[str, str] = {}
        for piece in given:
            key, equals, value = (word.strip() for word in piece.partition("="))
            if not equals or not key or key in values:
                raise UserError(
                    f"“{piece}” of the step “{name}” is not understood; write each parameter "
                    f"once, as NAME=VALUE."
                )
            values[key] = value
        steps.append(cls(**parameters_from_text(cls, values)))
    return tuple(steps)


def format_steps(steps: tuple[Step, ...]) -> str:
    """Write steps as `parse_steps` reads them, without parameters at their default."""
    texts = []
    for step in steps:
        changed = [
            f"{item.name}={to_text(getattr(step, item.name))}"
            for item, _ in parameters(step)
            if getattr(step, item.name) != item.default
        ]
        texts.append(":".join([step.name, *changed]))
    return ",".join(texts)


def describe_steps() -> str:
    """List all steps with their parameters, for the command line."""
    lines = [
        "Steps, in the order given, parted by commas; parameters after colons:",
        "  snv,savgol:window=11:order=2,bands:keep=450-700+720-900",
    ]
    for name, cls in STEPS.items():
        lines += ["", f"{name}: {cls.title}", f"  {cls.tip}"]
        for item, said in parameters(cls):
            default = to_text(item.default) or "none"
            allowed = f"{said.range_text}, " if said.range_text else ""
            lines.append(f"  {item.name} ({allowed}default {default}): {said.tip}")
    return "\n".join(lines)
