"""What one would otherwise take: k-means and Gaussian mixtures, each pixel for itself."""
