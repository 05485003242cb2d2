"""The reviews under examples/ to their reports: nothing of the first review, nothing untrue."""

import json
import re
import shutil
import subprocess
import sys
import zipfile

import lxml.html
import pytest
from test_review_cases import pages_of, words_of

#: 153 arms and eleven outcomes take minutes: only the other two are always built.
ALWAYS = ("hpv-in-asc-us", "catheter-infections")

#: What each says of itself, in numbers.
EXAMPLES = {
    "hpv-in-asc-us": (
        "10,714 of 26,311 patients in 32 studies",
        "In the median study it is 42.7% (95% CI 38.3 to 47.2)",
        "43.1% 95% CI 38.8 to 47.4 average over studies",
    ),
    "checkpoint-inhibitor-harms": (
        "12,277 of 18,610 patients in 128 studies",
        "2627 of 18,715 patients in 133 studies",
        "The 153 studies are arms of 125 trials.",
    ),
    "catheter-infections": (
        "85.41 per 100 person-years (95% CI 40.32 to 171.34)",
        "48 events in 71 person-years of 9 studies",
    ),
}
#: Words of the first review; what a drug of the second example is aimed at is no target of MRD.
FIRST_REVIEW = (
    r"infus(?:ed|ion)|costimulation|lymphodepletion|\bASCT\b|CAR-T|\bCARs?\b|chimeric|BCMA|myeloma|"
    r"\bYang 2021|[a-z]-cel\b|autoleucel|FUMANBA|cytokine|neurotox|\bCRS\b|ICANS|\bMRD\b|VGPR|"
    r"relapse|refractory|bridging|\bTargets\b|Chinese|transplant"
)
#: What the report says of two extractors, of claims and published models, of targets set
#: beforehand, and of an older version.
UNTRUE = (
    "two extractors",
    "adjudicat",
    "independently",
    "kappa",
    "published claim",
    "published analysis",
    "as published",
    "paper model",
    "reproduced",
    "freeman-tukey",
    "registered",
    "a systematic review of",
    "living meta-analysis",
    "what changed",
    "earlier version",
    "newer report",
    "meta-regression related",
    "thresholds of the protocol",
    "that was searched",
    "until then",
    "phase and dose",
    "single new trial",
    "between trials",
    "groups of trials",
    "credible",
    "reports a proportion",
)
#: Words of proportions and their models, which have no place where all outcomes are rates.
OF_PROPORTIONS = ("proportion", "percentage point", "logistic", "patients until then")
#: Of smears nobody was treated, and no study of them was a trial.
UNTRUE_OF = {"hpv-in-asc-us": (r"\btrials?\b", r"(?<!single-)\barms?\b", "treatment", "randomised")}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.long) for name in EXAMPLES],
)
def test_example_to_the_report_and_the_archive(name, repository, tmp_path):
    """Its own README is not looked at: only what the workflow writes.

    Nothing is changed but the date that an archive asks for.
    """
    root = shutil.copytree(repository / "examples" / name, tmp_path / name)
    snakefile = root / "Snakefile"
    text = snakefile.read_text(encoding="utf-8")
    snakefile.write_text(text.replace('"../../', f'"{repository}/'), encoding="utf-8")
    with (root / "config/config.yaml").open("a", encoding="utf-8") as file:
        file.write('versions: {"1": {released: "2026-11-01"}}\n')
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", "everything", "archive"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    pages = pages_of(root)
    assert {"manuscript.docx", "moose_checklist.docx", "prisma_checklist.docx"} <= set(pages)
    for place, page in pages.items():
        found = re.search(FIRST_REVIEW, page, re.IGNORECASE)
        assert not found, (place, page[found.start() - 60 : found.end() + 60])
        for sentence in UNTRUE:
            assert sentence not in page.lower(), (place, sentence)
    said = words_of(root)
    for sentence in ("from a single extractor", *EXAMPLES[name]):
        assert sentence in said, sentence
    without_works = re.sub(r"References Stijnen.*? Limits ", "", said)
    for pattern in UNTRUE_OF.get(name, ()):
        found = re.search(pattern, without_works, re.IGNORECASE)
        assert not found, without_works[found.start() - 60 : found.end() + 60]
    if name == "catheter-infections":
        for word in OF_PROPORTIONS:
            assert word not in said.lower(), word
    check_archive(root, name)


@pytest.mark.long
def test_examples_and_flagship_in_one_run(empty_house, repository, tmp_path):
    """A folder of reviews of very different sizes, built by one command, and its page."""
    folder = tmp_path / "reviews"
    reviews = {name: repository / "examples" / name for name in EXAMPLES}
    for name, review in (reviews | {"flagship": repository}).items():
        for part in ("config", "data"):
            shutil.copytree(review / part, folder / name / part)
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", "--config", f"reviews={folder}"],
        cwd=empty_house.copy_to(tmp_path / "house").root,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "4 of 4 reviews built" in done.stdout
    page = lxml.html.parse(folder / "index.html").getroot()
    assert not page.find_class("faulty")
    shown = [" ".join(article.text_content().split()) for article in page.xpath("//article")]
    assert len(shown) == 4
    for name, (_, sentence, *_) in EXAMPLES.items():
        assert words_of(folder / name).count(sentence), name
    versions = {path.parent.name for path in (folder / "flagship/results").glob("*/report.html")}
    assert versions == {"2021.1", "2026.1", "2026.2"}
    for address in page.xpath("//article//a/@href"):
        assert (folder / address).is_file(), address


def check_archive(root, name):
    """Citation and licence are the review's own, in whichever form they are described."""
    with zipfile.ZipFile(root / f"results/archive/{name}-1.zip") as archive:
        for own in ("README.md", "CITATION.cff", "LICENSE-DATA"):
            assert archive.read(own) == (root / own).read_bytes()
        for described in ("datapackage.json", "ro-crate-metadata.json"):
            told = archive.read(described).decode()
            assert "LICENSE-DATA" in told
            assert "creativecommons.org/licenses" not in told
        package = json.loads(archive.read("datapackage.json"))
    assert not re.search(FIRST_REVIEW, json.dumps(package), re.IGNORECASE)
