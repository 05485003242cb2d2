"""The figures of one outcome: its forest and regressions, and how far it moves."""

from functools import cache

from singlearm import step
from singlearm.archive.provenance import sha256
from singlearm.catalogue import Row
from singlearm.catalogue.language import say
from singlearm.catalogue.tables import read_table
from singlearm.figures.draw.bubbles import draw_regression
from singlearm.figures.draw.drapery import draw_drapery
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.draw.funnel import draw_funnel
from singlearm.figures.draw.influence import draw_influence
from singlearm.figures.draw.landscape import draw_calibration, draw_curve, draw_gosh
from singlearm.figures.draw.orchard import draw_orchard
from singlearm.figures.marks.bubbles import regression_marks
from singlearm.figures.marks.choices import ForestChoices, ForestError, Groups
from singlearm.figures.marks.drapery import drapery_marks
from singlearm.figures.marks.funnel import funnel_marks
from singlearm.figures.marks.inputs import Data, FigureModel, Outcome, StudyWords
from singlearm.figures.marks.landscape import calibration_marks, curve_marks, gosh_marks
from singlearm.figures.marks.orchard import orchard_marks
from singlearm.figures.marks.sensitivity import (
    Analysis,
    cumulative_marks,
    influence_marks,
    leave_one_out_marks,
)
from singlearm.figures.marks.study_forest import forest_marks
from singlearm.figures.save import Drawing, save_outputs


def run(inputs, outputs, params):
    """Draw under the primary model what has outputs.

    The figures carry the hash of the outcome's analysis set, not that of all sheets: one edited
    cell would then redraw every outcome.
    """
    outcome = OutcomeTables(inputs, params)
    for name, figure in FIGURES.items():
        if outputs.get(f"{name}_svg"):
            try:
                save_outputs(figure(outcome), outputs, f"{name}_")
            except ForestError as error:
                raise step.StepError(f"figures: {error}") from error


class OutcomeTables:
    """The tables of one outcome, read when first asked for, with what all its figures share."""

    def __init__(self, inputs, params) -> None:
        self.params = params
        self.outcome = Outcome.of(params.outcome, params.outcome_settings)
        self.model = FigureModel.of(params.model, params.models[params.model])
        self.words = StudyWords.of(params.studies)
        self.data = Data(params.version, sha256(inputs.cells)[:12], cells=True)
        self.rows = cache(lambda kind: read_table(inputs[kind], kind))

    def ours(self, kind: str) -> list[Row]:
        """The rows of the primary model."""
        return [row for row in self.rows(kind) if row["model"] == self.model.name]

    @property
    def pooled(self) -> Row:
        """The pooled row of the primary model."""
        (row,) = self.ours("pooled")
        return row

    @property
    def labels(self) -> dict[str, str]:
        """Printed name of each study."""
        return {cell["study_id"]: cell["label"] for cell in self.rows("cells")}

    @property
    def groups(self) -> Groups | None:
        """The subgrouping that the forest shows, if there is one."""
        by, settings = self.params.by, self.params.by_settings or {}
        levels_of, tests_of = (
            [row for row in self.ours(kind) if row["by"] == by]
            for kind in ("subgroups", "subgroup_tests")
        )
        label, levels = settings.get("label", by), settings.get("levels", ())
        return Groups(by, label, levels, levels_of, tests_of) if by else None

    @property
    def fitted(self) -> tuple[list[Row], Row, FigureModel, Data]:
        """Studies and pooled row of the primary model, as most figures take them."""
        return self.rows("effects"), self.pooled, self.model, self.data

    @property
    def analysis(self) -> Analysis:
        """What the figures of the sensitivity analyses share."""
        headline = self.params.headline
        return Analysis(self.pooled, self.labels, self.model, self.data, headline)

    def title(self, what: str) -> str:
        """`Overall response: year by year`."""
        return f"{self.outcome.label}: {what}"


def forest(outcome: OutcomeTables) -> Drawing:
    """Studies, subgroups and pooled results."""
    params = outcome.params
    marks = forest_marks(
        outcome.rows("effects"),
        outcome.pooled,
        outcome.outcome,
        outcome.model,
        outcome.data,
        groups=outcome.groups,
        choices=ForestChoices.of(params.figure, params.headline),
        studies=outcome.rows("cells"),
        risk_of_bias=outcome.rows("risk_of_bias"),
        words=outcome.words,
    )
    return draw_forest, marks


def regression(outcome: OutcomeTables) -> Drawing:
    """A panel for each continuous moderator."""
    marks = regression_marks(
        outcome.rows("effects"),
        outcome.rows("cells"),
        outcome.rows("regression"),
        outcome.params.moderators,
        outcome.model,
        outcome.data,
        title=outcome.title(say("meta-regression")),
        words=outcome.words,
    )
    return draw_regression, marks


def funnel(outcome: OutcomeTables) -> Drawing:
    """Studies by proportion and size."""
    title = outcome.title(say("small and large studies"))
    return draw_funnel, funnel_marks(*outcome.fitted, title=title)


def orchard(outcome: OutcomeTables) -> Drawing:
    """Studies around the trunk of each group."""
    groups, headline = outcome.groups, outcome.params.headline
    title = outcome.title(say("studies and groups") if groups else say("studies"))
    marks = orchard_marks(*outcome.fitted, title=title, groups=groups, headline=headline)
    return draw_orchard, marks


def drapery(outcome: OutcomeTables) -> Drawing:
    """The p value of every percentage."""
    title = outcome.title(say("p value of every percentage"))
    marks = drapery_marks(*outcome.fitted, title=title, headline=outcome.params.headline)
    return draw_drapery, marks


def leave_one_out(outcome: OutcomeTables) -> Drawing:
    """The pooled estimate without each study."""
    rows, title = outcome.ours("leave_one_out"), outcome.title(say("without one study at a time"))
    return draw_forest, leave_one_out_marks(rows, outcome.analysis, title)


def cumulative(outcome: OutcomeTables) -> Drawing:
    """The pooled estimate as the studies came in."""
    rows, title = outcome.ours("cumulative"), outcome.title(say("year by year"))
    return draw_forest, cumulative_marks(rows, outcome.analysis, title)


def influence(outcome: OutcomeTables) -> Drawing:
    """What each study does to estimate, heterogeneity and fit."""
    rows, without = outcome.ours("influence"), outcome.ours("leave_one_out")
    title = outcome.title(say("influence of each study"))
    return draw_influence, influence_marks(rows, without, outcome.analysis, title)


def gosh(outcome: OutcomeTables) -> Drawing:
    """The density of all subsets."""
    tables = (outcome.rows("gosh"), outcome.rows("gosh_studies"))
    title = outcome.title(say("subsets of the studies"))
    return draw_gosh, gosh_marks(*tables, outcome.labels, outcome.data, title=title)


def multiverse(outcome: OutcomeTables) -> Drawing:
    """The specification curve."""
    summary = outcome.rows("multiverse_summary")
    marks = curve_marks(
        outcome.rows("multiverse"),
        outcome.data,
        title=outcome.title(say("all specifications")),
        primary=outcome.pooled["estimate"],
        published=next((row["published"] for row in summary), None),
        words=outcome.words,
    )
    return draw_curve, marks


def calibration(outcome: OutcomeTables) -> Drawing:
    """Simulated coverage of each model's interval, on data drawn from the primary model."""
    rows = [
        row
        for row in outcome.rows("calibration")
        if row["interval"] == "confidence" and row["simulated_from"] == outcome.model.name
    ]
    models = [FigureModel.of(*item) for item in outcome.params.models.items()]
    title = outcome.title(say("if the primary model were true"))
    return draw_calibration, calibration_marks(rows, models, outcome.data, title=title)


FIGURES = {
    figure.__name__: figure
    for figure in (
        forest,
        regression,
        funnel,
        orchard,
        drapery,
        leave_one_out,
        cumulative,
        influence,
        gosh,
        multiverse,
        calibration,
    )
}


if __name__ == "__main__":
    step.main(snakemake, run)
