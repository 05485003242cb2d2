"""What tables and documents belong to."""

from singlearm.catalogue.language import say
from singlearm.report.review import Review


def about_review(review: Review) -> list[tuple[str, str]]:
    """What the tables belong to: title first, then version, data and models."""
    protocol = review.protocol
    found = [
        (say("Review"), protocol["review"]["title"]),
        (say("Data version"), f"{review.version}: {protocol['version']['title']}"),
        (say("Fingerprint of the data (SHA-256)"), review.data_hash),
    ]
    if review.outcome_names("proportion"):  # the protocol's models are of proportions alone
        found.append((say("Primary model"), review.model_label(protocol["primary"])))
        found += [
            (say("Model {name}", name=name), review.model_label(name))
            for name in protocol["models"]
        ]
    return found
