"""Publication tables as LaTeX fragments for longtable and booktabs."""

import re
from pathlib import Path

from singlearm.report.table import Table

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_\allowbreak{}",
    "/": r"/\allowbreak{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "–": "--",
    "—": "---",
    "−": "$-$",
    "²": r"\textsuperscript{2}",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "×": r"$\times$",
    "τ": r"$\tau$",
    "→": r"$\to$",
    "∞": r"$\infty$",
    "…": r"\ldots{}",
    "„": ",,",
    "“": "``",
    "”": "''",
    "’": "'",
    "[": "{[}",  # at the start of a row a bare bracket would be an option of \\
    "]": "{]}",
}
_SPACES = re.compile(r"\s+")


def write_latex(path: Path, table: Table) -> None:
    r"""Write one `longtable`; the manuscript needs \usepackage{longtable,booktabs,array}."""
    path.write_text(latex(table), encoding="utf-8", newline="\n")


def latex(table: Table) -> str:
    """The table as LaTeX: every text escaped, no text can be a command."""
    total = sum(column.width for column in table.cells)
    shapes = "".join(
        rf">{{{'raggedleft' if column.align == 'right' else 'raggedright'}\arraybackslash}}"
        rf"p{{\dimexpr {column.width / total:.3f}\linewidth-2\tabcolsep\relax}}"
        for column in table.cells
    ).replace(">{ragged", r">{\ragged")
    head = " & ".join(rf"\textbf{{{escape(column.heading)}}}" for column in table.cells)
    body = [
        " & ".join(escape(column.text(row)) for column in table.cells) + r" \\"
        for row in table.rows
    ]
    notes = [rf"\par\smallskip\footnotesize {escape(note)}" for note in table.notes]
    return "\n".join(
        [
            r"% needs \usepackage{longtable,booktabs,array}",
            r"{\footnotesize\setlength{\tabcolsep}{3pt}",
            rf"\begin{{longtable}}{{{shapes}}}",
            rf"\caption{{{escape(table.title)}}}\\",
            rf"\toprule {head} \\ \midrule \endfirsthead",
            rf"\toprule {head} \\ \midrule \endhead",
            r"\bottomrule \endfoot",
            *body,
            r"\end{longtable}",
            *notes,
            "}",
            "",
        ]
    )


def escape(text: str) -> str:
    """Text with every sign that LaTeX would act on written out, on one line."""
    return "".join(_ESCAPES.get(sign, sign) for sign in _SPACES.sub(" ", text).strip())
