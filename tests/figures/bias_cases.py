"""Invented judgements on bias: words of two tools, stars of a third."""

import random


def judgements(rows):
    draw = random.Random(7)
    words = ["low", "some concerns", "high", "critical", "no information"]
    domains = ("Randomisation", "Deviations", "Missing data", "Measurement", "Reporting")
    return [
        {"study_id": row["study_id"], "tool": tool, "order": order, "domain": name,
         "judgement": word}
        for tool in ("RoB 2", "Another tool")
        for row in rows
        for order, (name, word) in enumerate(zip(domains, draw.choices(words, k=5), strict=True))
    ]  # fmt: skip


def stars(rows):
    """Of the Newcastle-Ottawa Scale, with words of the other tools among them."""
    given = {
        "Selection": "4312",
        "Comparability": ("2", "1", "0", "not applicable"),
        "Outcome": ("3", "2", "3", "no information"),
        "Follow-up": "1011",
        "Total": "9653",
    }
    return [
        {"study_id": row["study_id"], "tool": "Newcastle-Ottawa Scale", "order": order,
         "domain": name, "judgement": words[number % 4]}
        for number, row in enumerate(rows)
        for order, (name, words) in enumerate(given.items())
    ]  # fmt: skip
