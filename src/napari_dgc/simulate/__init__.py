"""Physically motivated scans of diseased tea leaves with known truth.

Importing this room is cheap; PROSPECT is loaded by the first simulation.
"""

from napari_dgc.simulate.scan import CLASS_NAMES, SimulatedScan, simulate_scan, simulate_set

__all__ = ["CLASS_NAMES", "SimulatedScan", "simulate_scan", "simulate_set"]
