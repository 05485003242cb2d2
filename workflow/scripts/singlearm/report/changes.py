"""What differs between two data versions: the rows of `changes.csv`.

Kinds: `study` and `cell` list what came in, went out or was replaced; `estimate` and `subgroup`
put every pooled result before beside its result after, changed or not; `conclusion` says whether
what a reader would conclude is another, by the rule that the protocol states. `before` and `after`
are for people; of results the numbers stand in columns of their own.
"""

from singlearm.catalogue import Row
from singlearm.report.changed_data import cell_changes, study_changes
from singlearm.report.changed_results import conclusions, estimates, group_estimates
from singlearm.report.versions import Update


def changes(update: Update) -> list[Row]:
    """All rows of `changes.csv`. A study's and a cell's rows are differences only."""
    from_data = [*study_changes(update), *cell_changes(update)]
    return [*from_data, *estimates(update), *group_estimates(update), *conclusions(update)]
