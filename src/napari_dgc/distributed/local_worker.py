"""What each worker of a cluster of this machine does first; Dask calls `dask_setup`."""

import signal


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C, which reaches all processes of a terminal, to the one that asked for work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
