"""Write the static site of all versions."""

from pathlib import Path

from singlearm import step
from singlearm.catalogue.tables import read_table
from singlearm.report.review import Review, figure_of
from singlearm.report.site import pages


def run(inputs, outputs, params):
    """Read what each version's results are, write the pages."""
    reviews = [version_of(inputs, params, version) for version in params.versions]
    places = {"index.html": outputs.home, "changes.html": outputs.changes, "feed.xml": outputs.feed}
    for name, path in zip(params.outcomes, outputs.outcomes, strict=True):
        places[f"outcomes/{name}.html"] = path
    for place, text in pages(reviews).items():
        Path(places[place]).write_text(text, encoding="utf-8", newline="\n")


def version_of(inputs, params, version):
    """One version with its tables and figures, whose paths begin with its folder."""

    def of(paths):
        return [path for path in map(Path, paths) if version in path.parts]

    return Review(
        protocol=params.protocols[version],
        version=version,
        data_hash=params.hashes[version],
        tables={
            path.stem: read_table(path, path.stem) for path in of([*inputs.tables, *inputs.clean])
        },
        figures={figure_of(path): path for path in of(inputs.figures)},
    )


if __name__ == "__main__":
    step.main(snakemake, run)
