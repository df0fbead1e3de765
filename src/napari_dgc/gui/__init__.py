"""Everything that imports napari and Qt: readers, docks, plots, dialogs."""
