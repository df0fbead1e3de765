"""The dock "Composites and indices": colours of the scans, maps of vegetation indices."""
