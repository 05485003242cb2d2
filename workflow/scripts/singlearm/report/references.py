"""The literature that the methods text cites."""

import re
from typing import Any

REFERENCES = {
    "arends2008": (
        "Arends LR, Hunink MGM, Stijnen T. Meta-analysis of summary survival curve data. Stat Med "
        "2008;27:4381-4396.",
        "10.1002/sim.3311",
    ),
    "bender2018": (
        "Bender R, Friede T, Koch A, et al. Methods for evidence synthesis in the case of very few "
        "studies. Res Synth Methods 2018;9:382-392.",
        "10.1002/jrsm.1297",
    ),
    "clopper1934": (
        "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case "
        "of the binomial. Biometrika 1934;26:404-413.",
        "10.1093/biomet/26.4.404",
    ),
    "dersimonian1986": (
        "DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials "
        "1986;7:177-188.",
        "10.1016/0197-2456(86)90046-2",
    ),
    "combescure2014": (
        "Combescure C, Foucher Y, Jackson D. Meta-analysis of single-arm survival studies: a "
        "distribution-free approach for estimating summary survival curves with random effects. "
        "Stat Med 2014;33:2521-2537.",
        "10.1002/sim.6111",
    ),
    "duval2000": (
        "Duval S, Tweedie R. A nonparametric “trim and fill” method of accounting for publication "
        "bias in meta-analysis. J Am Stat Assoc 2000;95:89-98.",
        "10.1080/01621459.2000.10473905",
    ),
    "efron1975": (
        "Efron B, Morris C. Data analysis using Stein's estimator and its generalizations. J Am "
        "Stat Assoc 1975;70:311-319.",
        "10.1080/01621459.1975.10479864",
    ),
    "guyot2012": (
        "Guyot P, Ades AE, Ouwens MJNM, Welton NJ. Enhanced secondary analysis of survival data: "
        "reconstructing the data from published Kaplan-Meier survival curves. BMC Med Res Methodol "
        "2012;12:9.",
        "10.1186/1471-2288-12-9",
    ),
    "hartung2001": (
        "Hartung J, Knapp G. A refined method for the meta-analysis of controlled clinical trials "
        "with binary outcome. Stat Med 2001;20:3875-3889.",
        "10.1002/sim.1009",
    ),
    "higgins2009": (
        "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects "
        "meta-analysis. J R Stat Soc A 2009;172:137-159.",
        "10.1111/j.1467-985X.2008.00552.x",
    ),
    "holm1979": (
        "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat "
        "1979;6:65-70.",
        None,
    ),
    "hunter2014": (
        "Hunter JP, Saratzis A, Sutton AJ, et al. In meta-analyses of proportion studies, funnel "
        "plots were found to be an inaccurate method of assessing publication bias. J Clin "
        "Epidemiol 2014;67:897-903.",
        "10.1016/j.jclinepi.2014.03.003",
    ),
    "lin2020": (
        "Lin L, Chu H. Meta-analysis of proportions using generalized linear mixed models. "
        "Epidemiology 2020;31:713-717.",
        "10.1097/EDE.0000000000001232",
    ),
    "mcgrath2019": (
        "McGrath S, Zhao X, Qin ZZ, Steele R, Benedetti A. One-sample aggregate data meta-analysis "
        "of medians. Stat Med 2019;38:969-984.",
        "10.1002/sim.8013",
    ),
    "migliavaca2022": (
        "Migliavaca CB, Stein C, Colpani V, et al. Meta-analysis of prevalence: I2 statistic and "
        "how to deal with heterogeneity. Res Synth Methods 2022;13:363-367.",
        "10.1002/jrsm.1547",
    ),
    "nagashima2019": (
        "Nagashima K, Noma H, Furukawa TA. Prediction intervals for random-effects meta-analysis: "
        "a confidence distribution approach. Stat Methods Med Res 2019;28:1689-1702.",
        "10.1177/0962280218773520",
    ),
    "olkin2012": (
        "Olkin I, Dahabreh IJ, Trikalinos TA. GOSH: a graphical display of study heterogeneity. "
        "Res Synth Methods 2012;3:214-223.",
        "10.1002/jrsm.1053",
    ),
    "raudenbush1985": (
        "Raudenbush SW, Bryk AS. Empirical Bayes meta-analysis. J Educ Stat 1985;10:75-98.",
        "10.3102/10769986010002075",
    ),
    "schwarzer2019": (
        "Schwarzer G, Chemaitelly H, Abu-Raddad LJ, Rücker G. Seriously misleading results using "
        "inverse of Freeman-Tukey double arcsine transformation in meta-analysis of single "
        "proportions. Res Synth Methods 2019;10:476-483.",
        "10.1002/jrsm.1348",
    ),
    "simonsohn2020": (
        "Simonsohn U, Simmons JP, Nelson LD. Specification curve analysis. Nat Hum Behav "
        "2020;4:1208-1214.",
        "10.1038/s41562-020-0912-z",
    ),
    "stijnen2010": (
        "Stijnen T, Hamza TH, Özdemir P. Random effects meta-analysis of event outcome in the "
        "framework of the generalized linear mixed model with applications in sparse data. "
        "Stat Med 2010;29:3046-3067.",
        "10.1002/sim.4040",
    ),
    "thompson2002": (
        "Thompson SG, Higgins JPT. How should meta-regression analyses be undertaken and "
        "interpreted? Stat Med 2002;21:1559-1573.",
        "10.1002/sim.1187",
    ),
    "viechtbauer2005": (
        "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the "
        "random-effects model. J Educ Behav Stat 2005;30:261-293.",
        "10.3102/10769986030003261",
    ),
    "viechtbauer2007": (
        "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. "
        "Stat Med 2007;26:37-52.",
        "10.1002/sim.2514",
    ),
    "viechtbauer2010a": (
        "Viechtbauer W, Cheung MWL. Outlier and influence diagnostics for meta-analysis. "
        "Res Synth Methods 2010;1:112-125.",
        "10.1002/jrsm.11",
    ),
    "viechtbauer2010": (
        "Viechtbauer W. Conducting meta-analyses in R with the metafor package. J Stat Softw "
        "2010;36(3):1-48.",
        "10.18637/jss.v036.i03",
    ),
    "zou2008": (
        "Zou GY, Donner A. Construction of confidence limits about effect measures: a general "
        "approach. Stat Med 2008;27:1693-1702.",
        "10.1002/sim.3095",
    ),
}

_MARK = re.compile(r"\[@(\w+)\]")
_RANGE = re.compile(r"(?<=\d)-(?=\d)")


def number_citations(paragraphs: list[str]) -> tuple[list[list[dict]], list[dict]]:
    """Split texts with `[@key]` marks into parts, and list the cited works in order of citation.

    A part is `{"text": ...}` or `{"cite": number}`; an unknown key raises KeyError.
    """
    order: dict[str, int] = {}
    split: list[list[dict[str, Any]]] = []
    for paragraph in paragraphs:
        parts: list[dict[str, Any]] = []
        for index, piece in enumerate(_MARK.split(paragraph)):
            if index % 2:
                parts.append({"cite": order.setdefault(piece, len(order) + 1)})
            elif piece:
                parts.append({"text": piece})
        split.append(parts)
    works = [
        {"number": number, "text": _RANGE.sub("–", REFERENCES[key][0]), "doi": REFERENCES[key][1]}
        for key, number in order.items()
    ]
    return split, works
