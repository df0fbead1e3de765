"""The dock "Calibrate to reflectance"."""
