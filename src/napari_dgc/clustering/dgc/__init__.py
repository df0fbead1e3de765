"""The default method: noise-whitened features, learned mean shift, prototypes, merge tree."""
