"""Marks rendered on pages in points at final print size, with matplotlib's Figure (no pyplot)."""
