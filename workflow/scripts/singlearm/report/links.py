"""Addresses for a page: only http(s), only from ids and addresses that look as they must."""

import re
from urllib.parse import quote, urlsplit

from singlearm.catalogue import Row
from singlearm.report.review import members

_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"'`\\]+")
_PMID = re.compile(r"[1-9]\d{0,8}")
_NCT = re.compile(r"NCT\d{8}")
_CHICTR = re.compile(r"ChiCTR[A-Za-z0-9-]{1,30}")
_ADDRESS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+")


def of_study(study: Row) -> list[dict]:
    """The study's registrations, DOI and PubMed number, each with text and address (or `None`)."""
    found = [
        {"text": name, "address": registration(name)}
        for name in members(study["registration"], ";")
    ]
    if study["doi"]:
        found.append({"text": "DOI", "address": doi(study["doi"])})
    if study["pmid"]:
        found.append({"text": "PubMed", "address": pubmed(study["pmid"])})
    return found


def doi(text: str) -> str | None:
    """The resolver's address of a DOI, `None` for what is not one."""
    if not _DOI.fullmatch(text):
        return None
    return f"https://doi.org/{quote(text, safe='/:;().-_')}"


def pubmed(text: str) -> str | None:
    """The address of a PubMed record, `None` for what is not a number."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{text}/" if _PMID.fullmatch(text) else None


def registration(text: str) -> str | None:
    """The address of a trial's registration; Chinese ids go through the WHO's search portal."""
    if _NCT.fullmatch(text):
        return f"https://clinicaltrials.gov/study/{text}"
    if _CHICTR.fullmatch(text):
        return f"https://trialsearch.who.int/Trial2.aspx?TrialID={text}"
    return None


def source(text: str | None) -> str | None:
    """A source address from a sheet, `None` unless it is http(s) with a plain host and path."""
    if not text or not _ADDRESS.fullmatch(text):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    return text
