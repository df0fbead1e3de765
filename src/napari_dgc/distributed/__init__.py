"""Work on more than one process or machine.

`cluster`: many scans by the workers of a Dask cluster. `processes`: training of one model by
several processes that torchrun started.
"""
