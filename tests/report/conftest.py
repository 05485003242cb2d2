"""The invented review of these tests, and its page in the browser."""

import copy
import os
from dataclasses import dataclass
from pathlib import Path

import invented_tables
import pytest
import yaml
from chromium import Watched

import write_report
from singlearm.catalogue.tables import write_json, write_table
from singlearm.step import Outputs as Named

#: The tables that are written as CSV and LaTeX too.
PUBLISHED = ("study_characteristics", "summary_of_findings", "proportions", "all_results")


@dataclass
class Invented:
    """The tables by kind (effects by outcome), to change and then to write."""

    tables: dict[str, list[dict]]
    effects: dict[str, list[dict]]
    protocol: dict

    def empty(self, *kinds: str) -> "Invented":
        """The same review with only the header in these tables."""
        for kind in kinds:
            self.tables[kind] = []
        return self

    def write(self, folder: Path) -> tuple[Named, Named, Named]:
        """Write everything; returns what a rule gives to `run`: inputs, outputs, params."""
        inputs = Named(effects=[], figures=[], pictures=[])
        for kind, rows in self.tables.items():
            path = folder / f"{kind}.csv"
            write_table(path, kind, rows)
            inputs[kind] = str(path)
        # what the cleaning says of the review's own columns
        numbers = {"n_infused": "integer", "median_followup_months": "number"}
        write_json(folder / "columns.json", numbers)
        for outcome, rows in self.effects.items():
            pool, drawn = folder / "pool" / outcome, folder / "figures" / outcome
            pool.mkdir(parents=True)
            drawn.mkdir(parents=True)
            write_table(pool / "effects.csv", "effects", rows)
            inputs.effects.append(str(pool / "effects.csv"))
            if rows:
                (drawn / "forest.svg").write_text(
                    invented_tables.forest_svg(outcome, rows), encoding="utf-8"
                )
                inputs.figures.append(str(drawn / "forest.svg"))
                (drawn / "forest.png").write_bytes(invented_tables.PIXEL)
                inputs.pictures.append(str(drawn / "forest.png"))
        tables = folder / "tables"
        tables.mkdir()
        outputs = Named(
            {name: str(tables / f"{name}.csv") for name in PUBLISHED},
            report=str(folder / "report.html"),
            xlsx=str(tables / "results.xlsx"),
            docx=str(tables / "results.docx"),
            findings_xlsx=str(tables / "summary_of_findings.xlsx"),
            findings_docx=str(tables / "summary_of_findings.docx"),
            manuscript=str(tables / "manuscript.docx"),
            prisma=str(tables / "prisma_checklist.docx"),
            moose=str(tables / "moose_checklist.docx"),
            latex=[str(tables / f"{name}.tex") for name in PUBLISHED],
        )
        params = Named(protocol=self.protocol, version="2", data_hash="0123456789abcdef" * 4)
        return inputs, outputs, params


@pytest.fixture(scope="session")
def make_invented():
    """A function that gives a fresh invented review."""
    return _invented


@pytest.fixture
def invented() -> Invented:
    """A fresh invented review."""
    return _invented()


def _invented() -> Invented:
    subgroups, tests = invented_tables.subgroups()
    tables = {
        "studies": invented_tables.studies(),
        "outcomes": invented_tables.outcomes(),
        "pooled": invented_tables.pooled(),
        "subgroups": subgroups,
        "subgroup_tests": tests,
        **invented_tables.others(),
    }
    return Invented(tables, invented_tables.effects(), copy.deepcopy(invented_tables.PROTOCOL))


@pytest.fixture(scope="session")
def flagship(repository) -> Path:
    """The results of the flagship's newest version; skips without, where CI runs they are there."""
    protocol = yaml.safe_load((repository / "config/config.yaml").read_text(encoding="utf-8"))
    results = repository / "results" / protocol["build"][-1]
    if not (results / "report.html").exists():
        if os.environ.get("REQUIRE_RESULTS"):
            pytest.fail("CI builds the results before it tests")
        pytest.skip("the flagship is not built here")
    return results


LONG_NAME = "Långtbortistan-Förklaringsberg and the 漢字 consortium " * 2


@pytest.fixture
def report(invented, tmp_path) -> Path:
    """The invented review, with a very long name and one that would be a script."""
    first, second = (row["study_id"] for row in invented.tables["studies"][:2])
    for row in invented.effects["lifted"]:
        row["label"] = {first: LONG_NAME, second: "<script>alert(1)</script>"}.get(
            row["study_id"], row["label"]
        )
    invented.tables["studies"][0]["title"] = LONG_NAME
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    return Path(outputs.report)


@pytest.fixture
def opened(browser, report):
    """The report, opened wide."""
    watched = Watched(browser, report)
    yield watched
    watched.context.close()
