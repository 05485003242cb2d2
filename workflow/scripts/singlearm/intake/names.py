"""The column names that people use, and what each means here. The docs' table is made from this."""

import re
import unicodedata
from typing import NamedTuple


class Name(NamedTuple):
    """A role that a column may have: what it holds, and the names under which it is known."""

    role: str
    meaning: str
    known: str

    @property
    def words(self) -> tuple[str, ...]:
        """The names one by one."""
        return tuple(self.known.split())


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: The roles in the order of the docs; a word belongs to one of them.
NAMES = (
    Name(
        "study",
        "the study's label",
        "study study_id studyid study_name study_label studlab slab trial trial_name paper "
        "reference ref citation citation_name author_year authors_year first_author_year "
        "study_author_year study_identifier studie estudio etude studio trial_id",
    ),
    Name(
        "author",
        "first author; with the year it is the label where no column names the study",
        "author authors first_author firstauthor au autor autoren auteur autores name",
    ),
    Name(
        "year",
        "year of the report",
        "year yr pub_year publication_year year_of_publication published_year study_year "
        "jahr ano annee anno",
    ),
    Name(
        "outcome",
        "what was counted, in a long table (one row a study and outcome)",
        "outcome outcome_name outcomes endpoint end_point outcome_or_subgroup adverse_event "
        "ae toxicity event_type event_name analysis_name endpunkt zielgrosse desenlace critere",
    ),
    Name(
        "arm",
        "the arm, where a study has several rows for one outcome",
        "arm arm_name group treatment treat trt dose dose_level regimen subgroup cohort "
        "comparator gruppe brazo bras",
    ),
    Name(
        "events",
        "number with the event",
        "events event r x xi n_event n_events nevents event_n events_n number_of_events "
        "no_of_events num_events event_count ev cases n_cases cases_n number_of_cases "
        "responders n_responders response_n positive positives n_positive pos num numerator "
        "affected n_affected successes y ereignisse eventos evenements cas",
    ),
    Name(
        "total",
        "number examined",
        "total totals ni n_total total_n ntotal denom denominator sample_size samplesize "
        "sample size patients n_patients no_of_patients number_of_patients total_patients "
        "no_of_treated_patients number_of_treated_patients patients_treated n_treated "
        "screened tested examined enrolled "
        "participants n_participants number_of_participants total_number_of_participants "
        "subjects n_subjects number_of_evaluable_patients evaluable_patients evaluable "
        "n_evaluable assessed n_assessed n_analyzed n_analysed "
        "analyzed analysed nobs gesamt anzahl "
        "pacientes total_number",
    ),
    Name("n", "events beside a total or N; the number examined beside events", "n"),
    Name(
        "fraction",
        "events and total in one cell, as 12/34",
        "events_total n_of_n events_of_total fraction",
    ),
    Name(
        "percent",
        "percentage with the event; with a total the events are computed, and this is told",
        "percent pct percentage perc proportion prevalence rate frequency freq share "
        "event_rate prev prozent porcentaje",
    ),
    Name(
        "person_time",
        "person-time at risk, for rates; the name says its unit, or `unit` in columns.yaml",
        "person_time ti person_years personyears py patient_years patientyears pt pyears "
        "person_months patient_months person_days patient_days catheter_days device_days "
        "line_days ventilator_days days_at_risk exposure_days "
        "years_at_risk exposure_years months_at_risk exposure_months "
        "exposure time_at_risk person_year",
    ),
    Name(
        "median",
        "a median time in months",
        "median median_months value_months median_time median_in_months months_median med",
    ),
    Name(
        "not_reached",
        "yes where the median was not reached",
        "not_reached median_not_reached notreached",
    ),
    Name(
        "low",
        "lower limit of the 95% interval",
        "ci_low low lower lcl ci_lb lb lo lci ll ci_lower lower_ci lower_95_ci 95_ci_lower "
        "ci_95_lower ci_start "
        "lower_limit ci_l untere",
    ),
    Name(
        "high",
        "upper limit of the 95% interval",
        "ci_high high upper ucl ci_ub ub up hi uci ul ci_upper upper_ci upper_95_ci "
        "95_ci_upper ci_95_upper ci_end "
        "upper_limit ci_u obere",
    ),
    Name(
        "interval",
        "both limits in one cell, as 5.1-9.3",
        "ci_95 95_ci ci95 confidence_interval 95_confidence_interval conf_int 95ci",
    ),
    Name(
        "estimate",
        "a printed ratio (not its logarithm)",
        "estimate effect effect_size ratio effect_estimate point_estimate",
    ),
    Name("HR", "a printed hazard ratio", "hr hazard_ratio"),
    Name("OR", "a printed odds ratio", "or odds_ratio"),
    Name("RR", "a printed risk ratio", "rr risk_ratio relative_risk"),
    Name("measure", "HR, OR, RR or RD", "measure effect_measure sm ratio_type"),
    Name("comparison", "the contrast, as A vs B", "comparison contrast analysis_group"),
    Name(
        "months",
        "follow-up or time point in months",
        "months followup_months follow_up_months timepoint_months fu_months",
    ),
    Name(
        "events_treat",
        "events with the treatment",
        "ai events_treat event_e events_e event_t events_t experimental_events x1i r1 "
        "e1 events_1 experimental_cases treatment_events intervention_events ev_trt evtrt "
        "events_exp events_treatment events_intervention",
    ),
    Name("nonevents_treat", "no event with the treatment", "bi"),
    Name(
        "n_treat",
        "number with the treatment",
        "n1i n_treat n_e n_t experimental_total experimental_n total_e total_t n1 total_1 "
        "treatment_total intervention_total n_trt ntrt n_exp n_treatment n_intervention "
        "treatment_n intervention_n",
    ),
    Name(
        "events_ctrl",
        "events with the control",
        "ci events_ctrl event_c events_c control_events x2i r2 e2 events_2 control_cases "
        "ev_ctrl evctrl events_control comparator_events placebo_events",
    ),
    Name("nonevents_ctrl", "no event with the control", "di"),
    Name(
        "n_ctrl",
        "number with the control",
        "n2i n_ctrl n_c control_total control_n total_c n2 total_2 nctrl n_control "
        "comparator_total placebo_total placebo_n",
    ),
)

ROLE_OF = {word: name.role for name in NAMES for word in name.words}
#: Roles whose cells are numbers.
NUMBERS = frozenset(ROLE_OF.values()) - _words(
    "study author year outcome arm not_reached measure comparison"
)
#: Place of a word in its role's list: of two columns for one role the usual name counts.
RANK = {word: rank for name in NAMES for rank, word in enumerate(name.words)}

#: Columns of the sheet studies that the program knows, and how else they are called.
STUDY_COLUMNS = {
    "title": "title study_title",
    "source": "source journal",
    "doi": "doi digital_object_identifier",
    "pmid": "pmid pubmed_id pubmed pm_id",
    "registration": "registration nct nct_number nct_id trial_registration registry_number "
    "trial_registry_number clinicaltrials_gov",
    "country": "country countries land pais pays country_in_which_the_study_conducted",
    "design": "design study_design",
    "median_followup_months": "median_followup_months median_follow_up_months",
    "data_cutoff": "data_cutoff cutoff_date",
    "publication_type": "publication_type",
    "cohort": "cohort_name",
    "include": "include included",
    "exclude_reason": "exclude_reason exclusion_reason",
    "notes": "notes note comments comment footnotes",
}
KNOWN_STUDY_COLUMN = {w: name for name, words in STUDY_COLUMNS.items() for w in words.split()}

#: What a program computed from the counts; never read.
COMPUTED = _words(
    "yi vi se sei te sete weight weights w variance var i2 tau2 q p p_value pval pvalue z "
    "weight_percent relative_weight giv_mean giv_se o_e logit logor log_or log_hr loghr "
    "analysis_number subgroup_number"
)

#: Times to an event that stand beside a word for a median: median PFS, os_median.
TIMES = _words(
    "pfs os dor efs dfs rfs ttp ttr ttnt survival overall_survival progression_free_survival "
    "event_free_survival disease_free_survival duration_of_response time_to_progression "
    "time_to_response followup_time relapse_free_survival lfs dfi"
)
#: A time behind or before the end point: 12mo_rfs, os_at_2_years.
AT_A_TIME = re.compile(
    rf"(?:.*_)?[0-9]+_?(?:mo|months?|m|yrs?|years?|y)_(?:{'|'.join(sorted(TIMES))})(?:_.*)?|"
    rf"(?:.*_)?(?:{'|'.join(sorted(TIMES))})_(?:at_)?[0-9]+_?(?:mo|months?|m|yrs?|years?|y)(?:_.*)?"
)
#: A column of a grade of a toxicity counts patients, whatever else it is called.
GRADE = re.compile(
    r"(?:.*_)?(?:(?:all|any)_grades?|grades?_[1-5](?:_?[1-5])?(?:_or_higher|_plus|_or_more)?)"
)

#: A column called so counts patients; its name is the outcome's.
COUNTED = _words(
    "deaths died dead relapses relapsed recurrences responses remissions infections infected "
    "complications failures cured healed survivors survived bleedings fractures strokes "
    "withdrawals dropouts deces todesfalle muertes"
)
#: Beside counts, the percentage of such people describes a study.
DESCRIBED = re.compile(
    r"(?:.*_)?(?:females?|males?|women|men|girls|boys|sex|gender|urban|rural|diabet[a-z]*|smok[a-z]*|"
    r"dropouts?|drop_outs?)(?:_.*)?"
)
#: One cell has the count and behind it the percentage.
_COUNT_AND_PERCENT = re.compile(
    r"[\s,;:_(\[]*(?:\b(?:n|no\.?|number)|#)\s*[,;/&]?\s*[(\[]?\s*(?:%|percent)\s*[)\]]*\s*$", re.I
)
_PERCENT_AND_COUNT = re.compile(r"%\s*[(\[]\s*(?:n|no\.?)\s*[)\]]\s*$", re.IGNORECASE)
_NO = re.compile(r"\s*(?:no\.|#|№)\s*\w", re.IGNORECASE)
#: Behind person-time, without a meaning of its own.
_AT_RISK = re.compile(r"_(?:at_risk|of_follow_?up|of_exposure|of_observation)$")
_NUMBER_OF = re.compile(r"^(?:(?:number|num|n|no)_of_|(?:number|num|n)_)")
_OF = re.compile(r"^(?:for|of|in|to)_")
#: Who is counted may be said, and what they have follows.
_WITH = re.compile(
    r"(?:(?:number|num|n|no)_)?(?:of_)?(?:(?:patients|subjects|participants|people|persons|women|"
    r"men|children|individuals|infants|adults|cases)_)?with_(.+)"
)
#: Rates of so many persons are neither counts nor percentages.
_PER = re.compile(r"(?:\bper|/)\s*1(?:[,.' \u00a0\u202f]?0)+\b|‰|\bper\s?mille?\b", re.IGNORECASE)


def plain(text: str) -> str:
    """A header as it is compared: small letters without accents, one underscore between words.

    >>> plain("No. of  treated Patients"), plain("ORR (%)"), plain("Événements")
    ('no_of_treated_patients', 'orr_percent', 'evenements')
    """
    text = re.sub(r"([A-Za-z])[\u0300-\u036f]+", r"\1", unicodedata.normalize("NFKD", text))
    text = unicodedata.normalize("NFKC", text).replace("95%", "95").replace("%", " percent ")
    return re.sub(r"[\W_]+", "_", text.casefold()).strip("_")


#: Roles of a table with two groups; where they are not all there, control_n is another word.
TWO_GROUPS = _words("events_treat nonevents_treat n_treat events_ctrl nonevents_ctrl n_ctrl")


def role_of(header: str, two_groups: bool = True) -> tuple[str, str]:
    """Stem and role of a header; the stem of a wide table's column names its outcome.

    `two_groups`: whether a word may mean one of two groups that are compared.

    >>> role_of("Events"), role_of("orr_events"), role_of("CR n/N"), role_of("Rate per 1,000")
    (('', 'events'), ('orr', 'events'), ('cr', 'fraction'), ('rate_per_1_000', ''))
    """
    if _PER.search(header):
        return plain(header), ""
    if re.search(r"\bn\s*/\s*N\b|\bevents?\s*/\s*(?:total|n)\b", header, re.IGNORECASE):
        rest = re.sub(r"\(?\b(?:n|events?)\s*/\s*(?:N|total)\b\)?", " ", header, flags=re.I)
        return plain(rest).removesuffix("percent").rstrip("_"), "fraction"
    events, slash, total = header.rpartition("/")
    if slash and ROLE_OF.get(plain(total)) == "total":
        stem, role = role_of(events, two_groups)
        return (stem, "fraction") if role == "events" else (plain(header), "")
    if _COUNT_AND_PERCENT.search(header):
        return plain(_COUNT_AND_PERCENT.sub("", header)), "events"
    if _PERCENT_AND_COUNT.search(header):
        return plain(header), ""  # in 35 (12) the first number is no count
    word = plain(header)
    bare = _AT_RISK.sub("", word)
    if bare != word and word not in ROLE_OF and role_of(bare, two_groups)[1] == "person_time":
        return role_of(bare, two_groups)
    counted = word not in ROLE_OF and word not in KNOWN_STUDY_COLUMN and _counted(header, word)
    if counted:
        return counted
    if word in ROLE_OF and (two_groups or ROLE_OF[word] not in TWO_GROUPS):
        return "", ROLE_OF[word]
    if word.removesuffix("_n") in ROLE_OF and re.search(r"\(n\)\s*$", header):
        return "", ROLE_OF[word.removesuffix("_n")]  # Events (n)
    if word in KNOWN_STUDY_COLUMN or word in COMPUTED:
        return word, ""
    if GRADE.fullmatch(word) or word in COUNTED:
        return word, "events"
    parts = word.split("_")
    for cut in range(1, len(parts)):
        stem, role = "_".join(parts[:cut]), ROLE_OF.get("_".join(parts[cut:]), "")
        if _pairs(stem, role):
            same = role == "percent" and ROLE_OF.get(stem) == "events"  # Cases (%)
            return "" if same else stem, role
    for cut in range(len(parts) - 1, 0, -1):
        role, stem = ROLE_OF.get("_".join(parts[:cut]), ""), _OF.sub("", "_".join(parts[cut:]))
        if role != "n" and _pairs(stem, role):
            return stem, role
    return word, ""


def _counted(header: str, word: str) -> tuple[str, str] | None:
    """Stem and role of `No. examined`, `Women with anaemia`, `Number positive for HPV`."""
    if _NO.match(header):
        word = f"number_{word.removeprefix('no_')}"
    having = _WITH.fullmatch(word)
    if having:
        stem, role = role_of(having[1])
        return stem, role or "events"
    rest = _NUMBER_OF.sub("", word)
    found = role_of(rest) if rest != word else ("", "")
    return found if found[1] else None


def _pairs(stem: str, role: str) -> bool:
    """Whether a role may stand beside an outcome's name in a wide table."""
    if role in ("median", "not_reached"):
        return stem.removeprefix("median_") in TIMES
    return role in ("events", "total", "n", "percent", "low", "high", "interval", "person_time")


def names_table() -> str:
    """The table of the docs, in Markdown."""
    lines = ["| column | is known as |", "|---|---|"]
    for name in NAMES:
        words = ", ".join(f"`{word}`" for word in name.words)
        lines.append(f"| **{name.role}**: {name.meaning} | {words} |")
    for column, words in STUDY_COLUMNS.items():
        known = ", ".join(f"`{word}`" for word in words.split())
        lines.append(f"| {column} (sheet studies) | {known} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(names_table())
