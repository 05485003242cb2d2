"""The reviews under examples/ to their reports: nothing of the first review, nothing untrue."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from test_review_cases import pages_of, words_of

#: 153 arms and eleven outcomes take minutes: the examples are built whole in the long profile only.
pytestmark = pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "long", reason="a long suite: make test-long"
)

EXAMPLES = ("hpv-in-asc-us", "checkpoint-inhibitor-harms", "catheter-infections")
FIRST_REVIEW = r"infused|costimulation|lymphodepletion|\bASCT\b|CAR-T|BCMA|myeloma|\bYang 2021"
#: What the report says of two extractors, of claims, of comparisons with an older version.
UNTRUE = (
    "two extractors",
    "adjudicat",
    "published claim",
    "published analysis",
    "as published",
    "registered",
)
#: Words of proportions and their models, which have no place where all outcomes are rates.
OF_PROPORTIONS = ("proportion", "percentage point", "logistic", "patients until then")


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_to_the_report(name, repository, tmp_path):
    """Its own README is not looked at: only what the workflow writes."""
    root = shutil.copytree(repository / "examples" / name, tmp_path / name)
    snakefile = root / "Snakefile"
    text = snakefile.read_text(encoding="utf-8")
    snakefile.write_text(text.replace('"../../', f'"{repository}/'), encoding="utf-8")
    for switch in ("gosh", "calibration"):
        with (root / "config/config.yaml").open("a", encoding="utf-8") as file:
            file.write(f"{switch}: false\n")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    for place, page in pages_of(root).items():
        assert not re.search(FIRST_REVIEW, page, re.IGNORECASE), place
    said = words_of(root)
    assert "from a single extractor" in said
    for sentence in UNTRUE:
        assert sentence not in said.lower(), sentence
    if name == "catheter-infections":
        for word in OF_PROPORTIONS:
            assert word not in said.lower(), word
        assert "85.41 per 100 person-years (95% CI 40.32 to 171.34)" in said
        assert "48 events in 71 person-years of 9 studies" in said
