"""The optional sheets that no number rests on: search flow, risk of bias, certainty.

They are not reconciled. Each stacks in its own way: a search flow is one diagram, so the highest
layer's replaces all below; a judgement replaces the one of its study, tool and domain (or of its
outcome) in a lower layer.
"""

from singlearm.catalogue.clean import GRADE_DOMAINS

from .layers import Layer


class SideSheets:
    """The three sheets of the layers so far, rows by their key."""

    def __init__(self) -> None:
        self._flow: list[dict] = []
        self._bias: dict[tuple, dict] = {}
        self._certainty: dict[str, dict] = {}

    def add(self, layer: Layer) -> None:
        """Put one layer on top."""
        self._flow = layer.rows("search_flow") or self._flow
        for row in layer.rows("risk_of_bias"):
            self._bias[row["study_id"], row["tool"], row["domain"]] = row
        for row in layer.rows("certainty"):
            self._certainty[row["outcome"]] = row

    def tables(self, studies: set[str]) -> dict[str, list[dict]]:
        """Rows of the clean tables by kind; judgements on the analysed `studies` only.

        `order` keeps the domains in the order of the sheets, lowest layer first.
        """
        order: dict[tuple, int] = {}
        for _, tool, domain in self._bias:
            order.setdefault((tool, domain), len(order) + 1)
        names = ("study_id", "tool", "domain", "judgement", "reason")
        return {
            "search_flow": [_only(row, ("box", "count", "note")) for row in self._flow],
            "risk_of_bias": [
                _only(row, names) | {"order": order[row["tool"], row["domain"]]}
                for (study, _, _), row in self._bias.items()
                if study in studies
            ],
            "certainty": [
                _only(row, ("outcome", "judgement", "reason", *GRADE_DOMAINS))
                for row in self._certainty.values()
            ],
        }


def _only(row: dict, names: tuple[str, ...]) -> dict:
    return {name: row[name] for name in names}
