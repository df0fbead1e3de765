"""Deep Spectral Clustering (Bombini et al. 2024, arXiv 2401.17695): an autoencoder over spectra.

What was not public, and what is done instead, stands in docs/decisions/0016-dsc.md.
"""
