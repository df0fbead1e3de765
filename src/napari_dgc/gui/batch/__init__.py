"""The dock that labels and measures many scans."""
