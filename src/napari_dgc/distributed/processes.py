"""Several processes that train one model together, as torchrun starts them.

Every process runs the whole training and holds the whole model. Only what costs time is
divided: the patches of a step, and the scans when all are labelled. What a step needs from all
patches is summed over the processes (`Processes.add_up`), so that every loss is that of the
whole batch and not a mean of losses of its parts, and 1 and N processes learn the same but for
the rounding of sums. See docs/decisions/0022-distributed.md.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from napari_dgc.cancel import CancelToken
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor, nn

Item = TypeVar("Item")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Processes:
    """The processes that train one model; all of them call the same methods in the same order.

    Alone, every method gives back what it is given and needs neither torch nor a network.

    Parameters
    ----------
    rank
        Number of this process, from 0.
    world
        How many there are.
    local_rank
        Number of this process among those on its machine.
    """

    rank: int = 0
    world: int = 1
    local_rank: int = 0

    @property
    def alone(self) -> bool:
        """Whether there is no other process."""
        return self.world == 1

    @property
    def first(self) -> bool:
        """Whether this process writes files and talks."""
        return self.rank == 0

    def share(self, items: Sequence[Item]) -> list[Item]:
        """Return this process's part of items; the parts of all are all items, each once.

        Raises
        ------
        UserError
            When some process would get none.
        """
        if len(items) < self.world:
            raise UserError(
                f"{self.world} processes cannot share the {len(items)} pairs of patches of a "
                f"step; start at most {len(items)} processes, or train anew with "
                f"--batch {self.world}."
            )
        return list(items[self.rank :: self.world])

    def add_up(self, values: "Tensor") -> "Tensor":
        """Sum a tensor over all processes.

        Gradients pass through it as the process's own part of the gradient of a loss that
        all processes compute alike from the sum. `scaled` makes DDP's mean of them their sum.
        """
        return values if self.alone else _all_sum(values)

    def scaled(self, loss: "Tensor") -> "Tensor":
        """Return what to differentiate, so that the mean over processes is the gradient."""
        return loss if self.alone else loss * self.world

    def wrap(self, module: "nn.Module", *, some_unused: bool = False) -> "nn.Module":
        """Return a module of the same parameters whose gradients are means over all processes.

        Its parameters and buffers become those of the first process, too.

        Parameters
        ----------
        module
            On the device where it learns.
        some_unused
            Some parameters have no part in the loss.
        """
        if self.alone:
            return module
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(module, find_unused_parameters=some_unused)

    def from_first(self, value: Value) -> Value:
        """Return what the first process gave; between unlike machines last digits may differ."""
        if self.alone:
            return value
        from torch import distributed

        values: list[Any] = [value]
        distributed.broadcast_object_list(values, src=0)
        found: Value = values[0]
        return found

    def gather(self, value: Value) -> list[Value]:
        """Return what every process gave, by rank."""
        if self.alone:
            return [value]
        from torch import distributed

        values: list[Any] = [None] * self.world
        distributed.all_gather_object(values, value)
        return values

    def rounds(self, count: int) -> Iterator[int | None]:
        """Divide items 0 to `count` - 1 in rounds of one for each process, in their order.

        Yields
        ------
        int or None
            The item of this process; None where the last round has none for it.
        """
        for start in range(0, count, self.world):
            own = start + self.rank
            yield own if own < count else None

    def device(self, device: str) -> str:
        """Give each process of a machine a GPU of its own, as far as there are enough."""
        if self.alone:
            return device
        if device == "cuda":
            import torch

            place = self.local_rank % torch.cuda.device_count()
            return f"cuda:{place}" if place else device
        # There is no way to add up on this one.
        return "cpu" if device == "mps" else device

    def agreed(self, token: CancelToken) -> CancelToken:
        """Return a token that is cancelled in all processes at the same call of `agree`.

        Otherwise one would stop and the others wait for it for ever.
        """
        if self.alone or isinstance(token, _AgreedToken):
            return token
        return _AgreedToken(token, self)


class _AgreedToken(CancelToken):
    """A request to stop that all processes follow at the same place."""

    def __init__(self, asked: CancelToken, processes: Processes) -> None:
        super().__init__(threading.Event())
        self._asked = asked
        self._processes = processes

    def agree(self) -> None:
        """Hear whether any process was asked to stop."""
        import torch

        asked = torch.tensor(int(self._asked.cancelled))
        if int(self._processes.add_up(asked)):
            self._event.set()


def agree(token: CancelToken) -> None:
    """Let all processes hear of requests to stop; every process must get here."""
    if isinstance(token, _AgreedToken):
        token.agree()


ALONE = Processes()
_joined = ALONE


def processes() -> Processes:
    """Return those that train together with this one; `ALONE` outside of `joined`."""
    return _joined


@contextmanager
def joined(*, gpus: bool) -> Iterator[Processes]:
    """Join the processes that torchrun started with this one, if it did.

    Parameters
    ----------
    gpus
        The training may compute on GPUs.

    Yields
    ------
    Processes
        `ALONE` where the environment names no others.

    Raises
    ------
    UserError
        When the environment tells half of it, or the others cannot be reached.
    """
    global _joined
    found = _from_environment()
    if found.alone:
        yield ALONE
        return
    import torch
    from torch import distributed

    if not distributed.is_available():
        raise UserError(
            "This PyTorch cannot train on several processes; install another build of it, or "
            "start without torchrun."
        )
    # Sums on the CPU, of requests to stop and of what maps say, go through gloo in any case.
    here = int(os.environ.get("LOCAL_WORLD_SIZE", found.world))
    enough = gpus and torch.cuda.is_available() and torch.cuda.device_count() >= here
    backend = "gloo"
    if enough and distributed.is_nccl_available():
        backend = "cpu:gloo,cuda:nccl"
        torch.cuda.set_device(found.local_rank)
    try:
        distributed.init_process_group(backend, rank=found.rank, world_size=found.world)
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"Process {found.rank} of {found.world} cannot reach the others ({error}); check "
            f"the address and port given to torchrun."
        ) from None
    _joined = found
    try:
        yield found
    finally:
        _joined = ALONE
        distributed.destroy_process_group()


def _from_environment() -> Processes:
    names = ("RANK", "WORLD_SIZE")
    if not all(name in os.environ for name in names):
        return ALONE
    try:
        rank, world = (int(os.environ[name]) for name in names)
        local = int(os.environ.get("LOCAL_RANK", "0"))
    except ValueError:
        rank = world = local = -1
    if not (0 <= rank < world and local >= 0):
        raise UserError(
            "RANK, WORLD_SIZE and LOCAL_RANK of the environment are no numbers of processes; "
            "unset them, or start with torchrun."
        )
    return ALONE if world == 1 else Processes(rank, world, local)


def _all_sum(values: "Tensor") -> "Tensor":
    from napari_dgc.distributed.sums import AllSum

    total: Tensor = AllSum.apply(values)  # type: ignore[no-untyped-call]
    return total
