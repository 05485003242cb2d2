"""Words for codes of the tables that report and figures both print: verdicts, tests of groups."""

from .language import mark

#: Verdicts on published claims.
VERDICTS = {
    "reproduced": mark("Reproduced"),
    "consistent": mark("Not contradicted"),
    "not_reproduced": mark("Not reproduced"),
    "not_testable": mark("Not testable"),
}
#: Tests of the difference between groups: what each is called.
TESTS = {
    "q_between": mark("Q-between"),
    "lrt": mark("likelihood ratio"),
    "lrt_bootstrap": mark("likelihood ratio, bootstrap"),
    "f": mark("F (Hartung-Knapp)"),
}
#: Their statistics, before the number.
STATISTICS = {
    "q_between": mark("Q"),
    "lrt": mark("likelihood ratio χ²"),
    "lrt_bootstrap": mark("likelihood ratio (bootstrap)"),
    "f": mark("F"),
}
#: Whose heterogeneity a model of groups has.
TAU2_MODES = {"separate": mark("own τ² per group"), "common": mark("one τ² for all groups")}
