"""What the columns of a table hold: the keys of `columns.yaml`."""

from dataclasses import asdict, dataclass, field
from typing import Any

from .table import IntakeError

#: What must be known of an outcome for each kind, the first that fits.
NEEDS = {
    "ratio": (
        ("events_treat", "n_treat", "events_ctrl", "n_ctrl"),
        ("events_treat", "nonevents_treat", "events_ctrl", "nonevents_ctrl"),
        ("HR",),
        ("OR",),
        ("RR",),
        ("estimate", "measure"),
    ),
    "rate": (("events", "person_time"),),
    "time": (("median",),),
    "proportion": (("events", "total"), ("fraction",), ("percent", "total")),
}
#: Columns that say more about a value, where they are there.
ALSO = {
    "ratio": ("low", "high", "interval", "measure", "comparison", "months"),
    "time": ("low", "high", "interval", "total", "not_reached"),
    "rate": (),
    "proportion": ("percent",),
}
#: What a header of person-time says of its unit.
UNITS = {"year": "person-years", "month": "person-months", "day": "person-days"}


@dataclass
class Outcome:
    """One outcome: its name, kind, columns of values, word in a long table, unit of its time."""

    label: str
    kind: str
    values: dict[str, str] = field(default_factory=dict)
    word: str | None = None
    unit: str | None = None


@dataclass
class Columns:
    """What the columns hold; the keys of `columns.yaml`."""

    study: list[str]
    outcomes: dict[str, Outcome]
    outcome: str | None = None
    arm: str | None = None
    year: str | None = None
    studies: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    decimal: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain mappings for YAML; what is empty is left out."""
        plain_form = asdict(self)
        for outcome in plain_form["outcomes"].values():
            outcome.update(outcome.pop("values"))
            for key in ("word", "unit"):
                if outcome[key] is None:
                    del outcome[key]
        order = ("study", "arm", "year", "outcome", "decimal", "outcomes", "studies", "left_out")
        return {key: plain_form[key] for key in order if plain_form[key]}

    @staticmethod
    def from_dict(stored: dict[str, Any]) -> "Columns":
        """The columns of an edited `columns.yaml`.

        Raises
        ------
        IntakeError
            If a key is missing or another one is there.
        """
        odd = sorted(map(str, set(stored) - set(Columns.__dataclass_fields__)))
        if odd:
            raise _wrong(f"{odd[0]} is not a key")
        stored = {key: value for key, value in stored.items() if value is not None}
        if not stored.get("study") or not isinstance(stored.get("outcomes"), dict):
            raise _wrong("study and outcomes are needed")
        for key in {"study", "left_out"} & set(stored):
            stored[key] = stored[key] if isinstance(stored[key], list) else [stored[key]]
        if stored.get("decimal") not in (None, ".", ","):
            raise _wrong("""decimal is "." or ",", in quote signs""")
        _check_forms(stored)
        outcomes = {}
        for name, entry in stored["outcomes"].items():
            values = dict(entry or {})
            label, kind = values.pop("label", name), values.pop("kind", "proportion")
            word = values.pop("word", None)
            unit = values.pop("unit", None) if kind == "rate" else None
            if kind not in NEEDS:
                raise _wrong(f"kind of {name} is one of {', '.join(NEEDS)}")
            if unit not in (None, *UNITS.values()):
                raise _wrong(f"unit of {name} is one of {', '.join(UNITS.values())}")
            roles = {role for needs in NEEDS[kind] for role in needs} | {*ALSO[kind]}
            wrong = sorted(map(str, set(values) - roles))
            if wrong:
                roles_of = ", ".join(sorted(roles))
                raise _wrong(f"{name} has no {wrong[0]}; a {kind} has {roles_of}")
            outcomes[str(name)] = Outcome(str(label), kind, values, word, unit)
        return Columns(**(stored | {"outcomes": outcomes}))


def _wrong(told: str) -> IntakeError:
    return IntakeError(f"columns.yaml: {told}")


def _check_forms(stored: dict[str, Any]) -> None:
    """Tell a key of `columns.yaml` that holds another form of value than it should."""
    texts = [*stored["study"], *stored.get("left_out", [])]
    texts += [stored[key] for key in ("outcome", "arm", "year") if stored.get(key)]
    texts += stored["studies"].values() if isinstance(stored.get("studies"), dict) else []
    for entry in stored["outcomes"].values():
        if entry is not None and not isinstance(entry, dict):
            raise _wrong("an outcome is written {label: ..., events: ...}")
        texts += [value for key, value in (entry or {}).items() if key not in ("label", "word")]
        word = (entry or {}).get("word")
        texts += [] if word is None else [word]
    texts += stored["outcomes"]
    odd = [text for text in texts if not isinstance(text, str)]
    if odd or not isinstance(stored.get("studies", {}), dict):
        raise _wrong(
            f"{odd[0] if odd else 'studies'!r} is not the name of a column; put "
            "quote signs around a name that is a number, or on, off, yes or no"
        )
