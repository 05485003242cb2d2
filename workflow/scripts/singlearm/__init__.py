"""Reproducible meta-analysis of single-arm trials."""
