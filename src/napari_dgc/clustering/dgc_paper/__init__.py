"""Deep Global Clustering as arXiv 2512.24172 describes it, in the project's own code."""
