"""Figures in two layers: `marks` says what to draw as plain data, `draw` renders it, `save` writes.

A function `<figure>_marks(...)` of `figures.marks` makes the marks of a figure, which need no
drawing library, so tables and tests can read them. A function `draw_<drawing>(marks)` of
`figures.draw` draws them; several figures share one, such as `draw_forest`. docs/figures.md lists
both for each figure.
"""
