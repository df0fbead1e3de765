"""How many clusters to train: measured figures, and what a method has found by itself."""
