"""The spectrum dock: spectra under the cursor, of pins, shapes and labels; bad bands."""
