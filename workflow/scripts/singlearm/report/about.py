"""What tables and documents belong to."""

from singlearm.report.review import Review


def about_review(review: Review) -> list[tuple[str, str]]:
    """What the tables belong to: title first, then version, data and models."""
    protocol = review.protocol
    found = [
        ("Review", protocol["review"]["title"]),
        ("Data version", f"{review.version}: {protocol['version']['title']}"),
        ("Fingerprint of the data (SHA-256)", review.data_hash),
    ]
    if review.outcome_names("proportion"):  # the protocol's models are of proportions alone
        found.append(("Primary model", review.model_label(protocol["primary"])))
        found += [(f"Model {name}", review.model_label(name)) for name in protocol["models"]]
    return found
