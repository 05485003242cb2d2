"""Figures in two layers: `marks` says what to draw as plain data, `draw` renders it, `save` writes.

Every figure has a `<name>_marks(...)` in `figures.marks.<name>` and a `draw_<name>(marks)` in
`figures.draw.<name>`; the marks need no drawing library, so tables and tests can read them.
"""
