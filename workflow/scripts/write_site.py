"""Write the static site of all versions."""

from pathlib import Path

from singlearm import step
from singlearm.catalogue.tables import read_table
from singlearm.report.review import Review, figure_of
from singlearm.report.site import pages


def run(inputs, outputs, params):
    """Read what each version's results are, write the pages."""
    reviews = [version_of(inputs, params, version) for version in params.versions]
    made = pages(reviews)
    for path in map(Path, (outputs.index, outputs.changes, outputs.feed, *outputs.outcomes)):
        place = f"outcomes/{path.name}" if path.parent.name == "outcomes" else path.name
        path.write_text(made[place], encoding="utf-8", newline="\n")


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
