"""The dock "Cluster tree": what was merged at what cost, and what appears in which scan."""
