"""Sheets in: reading, codebook, double extraction, stacked layers, every fault at once."""
