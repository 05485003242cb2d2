"""The names by which figures and tables call the studies."""

from collections import Counter

from .spreadsheets import letters


def study_labels(studies: list[dict]) -> dict[str, str]:
    """A readable, unique label for each study: surname and year, a letter for those that share it.

    The sheet's own `label` goes first; the study_id stands in where there is neither.
    """
    own = {study["study_id"]: study.get("label") for study in studies}
    plain = {study["study_id"]: own[study["study_id"]] or _label(study) for study in studies}
    shared = Counter(plain.values())
    labels: dict[str, str] = {}
    shown: Counter[str] = Counter()
    for study_id in sorted(plain):
        label = plain[study_id]
        if shared[label] > 1 and label != study_id and not own[study_id]:
            shown[label] += 1
            label += letters(shown[label] - 1).lower()
        labels[study_id] = label
    repeated = Counter(labels.values())
    return {s: label if repeated[label] == 1 else s for s, label in labels.items()}


def _label(study: dict) -> str:
    words = (study["first_author"] or "").split()
    if not words:
        return study["study_id"]
    initials = words[-1].replace(".", "").replace("-", "")
    if len(words) > 1 and initials.isupper() and len(initials) <= 4:
        words = words[:-1]
    return " ".join([*words, *([str(study["year"])] if study["year"] else [])])
