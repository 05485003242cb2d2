"""Short R scripts that compute a pooled outcome with metafor and set it beside our numbers.

Each script stands alone: the counts, our numbers, the calls of metafor that match the protocol's
model, and a table of differences as CSV. They are made without R; `replicate` runs them.
"""

import re
from collections.abc import Mapping, Sequence

#: Our interval methods as the `test` of metafor's `rma` and `rma.glmm`.
TESTS = {"wald": "z", "t": "t", "hk": "knha", "hk_adhoc": "adhoc"}
#: From the scale of a measure back to a proportion.
BACK = {
    "PLO": "plogis(v)",
    "PLN": "pmin(exp(v), 1)",
    "PAS": "sapply(v, transf.iarcsin)",
    "PFT": "transf.ipft.hm(v, targs = list(ni = dat$total))",
    "PR": "pmin(pmax(v, 0), 1)",
}
NO_ADDITION = ("PAS", "PFT")
SHARED = (
    "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "estimate_link", "se_link", "p_value",
    "tau2", "i2", "h2", "q", "q_p", "loglik",
)  # fmt: skip
#: Estimators of tau2 to which the Q-profile interval belongs.
Q_PROFILED = ("EB", "PM", "PMM")
#: What our cluster-robust rows have from CR2, which metafor alone does not compute.
FROM_CLUSTERS = {"ci_low", "ci_high", "pi_low", "pi_high", "se_link", "p_value"}

_NOT_IN_NAMES = re.compile(r"[^\w .,()&+-]")

EXACT = """\
# All or none of the patients, or one study: the exact (Clopper-Pearson) interval of the counts.
test <- binom.test(sum(dat$events), sum(dat$total))
r <- c(estimate = unname(test$estimate), ci_low = test$conf.int[1], ci_high = test$conf.int[2])
"""
TWO_STEP = """\
back <- function(v) {back}
es <- escalc(measure = "{measure}", xi = events, ni = total, data = dat, add = {add}, to = "only0")
tight <- list(threshold = 1e-13, tol = 1e-13, maxiter = 100000, tau2.max = 1e5)
fit <- rma(yi, vi, data = es, method = "{method}", test = "{test}", control = tight)
mu <- unname(coef(fit))
r <- c(
  estimate = back(mu), ci_low = back(fit$ci.lb), ci_high = back(fit$ci.ub),
  estimate_link = mu, se_link = fit$se, p_value = fit$pval,
  tau2 = fit$tau2, i2 = fit$I2 / 100, h2 = fit$H2, q = fit$QE, q_p = fit$QEp,
  loglik = c(logLik(fit))
)
"""
Q_PROFILE = """\
# Q-profile interval of tau2
limits <- confint(fit, control = list(tol = 1e-13, maxiter = 100000, tau2.max = 1e5))$random
r <- c(r,
  tau2_low = limits["tau^2", "ci.lb"], tau2_high = limits["tau^2", "ci.ub"],
  i2_low = limits["I^2(%)", "ci.lb"] / 100, i2_high = limits["I^2(%)", "ci.ub"] / 100
)
"""
PREDICTION = """\
# prediction interval: t with k - 1 degrees of freedom, on the scale of the model
pi <- mu + c(-1, 1) * qt(0.975, fit$k - 1) * sqrt(fit$tau2 + fit$se^2)
r <- c(r, pi_low = back(pi[1]), pi_high = back(pi[2]))
"""
GLMM = """\
back <- plogis
# nAGQ: points of the adaptive Gauss-Hermite quadrature, as many as lme4 allows
fit <- rma.glmm(measure = "PLO", xi = events, ni = total, data = dat, test = "{test}", nAGQ = 100)
mu <- unname(coef(fit))
r <- c(
  estimate = plogis(mu), estimate_link = mu, se_link = fit$se,
  tau2 = fit$tau2, i2 = fit$I2 / 100, h2 = fit$H2, q = fit$QE.LRT, q_p = fit$QEp.LRT
)
"""
GLMM_INTERVAL = """\
r <- c(r, ci_low = plogis(fit$ci.lb), ci_high = plogis(fit$ci.ub), p_value = fit$pval)
"""
LIKELIHOOD = """\
# metafor has Wald limits for this model and no log-likelihood that compares with others, so here
# is the likelihood itself: each study integrated over its normal deviate u
u <- seq(-9, 9, length.out = 1201)
each <- function(mu, tau) {
  p <- plogis(mu + tau * u)
  step <- u[2] - u[1]
  log(mapply(function(x, n) sum(dbinom(x, n, p) * dnorm(u)) * step, dat$events, dat$total))
}
loglik <- function(mu, tau) sum(each(mu, tau))
best <- optim(c(mu, sqrt(fit$tau2)), function(at) -loglik(at[1], abs(at[2])),
              control = list(reltol = 1e-15, maxit = 5000))
top <- -best$value
# no tau2 at all is the border of its range, so the chi-square counts half
ratio <- 2 * (top - loglik(qlogis(sum(dat$events) / sum(dat$total)), 0))
r <- c(r, loglik = top, tau2_p = if (ratio > 1e-6) pchisq(ratio, 1, lower.tail = FALSE) / 2 else 1)
"""
RATIO_TEST = """\
# likelihood-ratio test of mu = 0 (50%)
drop <- function(mu) 2 * (top - optimize(function(tau) loglik(mu, tau), c(0, 20),
                                         maximum = TRUE, tol = 1e-9)$objective)
r <- c(r, p_value = pchisq(max(drop(0), 0), 1, lower.tail = FALSE))
"""
THREE_LEVEL = """\
# arms within trials: a variance of the trials and one of their arms
back <- function(v) {back}
es <- escalc(measure = "{measure}", xi = events, ni = total, data = dat, add = {add}, to = "only0")
es$arm <- seq_len(nrow(es))
fit <- rma.mv(yi, vi, random = ~ 1 | trial/arm, data = es, control = list(rel.tol = 1e-14))
mu <- unname(coef(fit))
half <- qt(0.975, length(unique(dat$trial)) - 1)
pi <- half * sqrt(sum(fit$sigma2) + fit$se^2)
r <- c(
  estimate = back(mu), ci_low = back(mu - half * fit$se), ci_high = back(mu + half * fit$se),
  pi_low = back(mu - pi), pi_high = back(mu + pi), estimate_link = mu, se_link = fit$se,
  tau2 = sum(fit$sigma2), tau2_trials = fit$sigma2[1], tau2_arms = fit$sigma2[2],
  q = fit$QE, q_p = fit$QEp, loglik = c(logLik(fit))
)
"""
NESTED = """\
# arms within trials, which metafor has for effect sizes only: the likelihood itself, each arm
# integrated over its normal deviate for every value of its trial's
u <- seq(-8, 8, length.out = 121)
w <- dnorm(u) * (u[2] - u[1])
given <- function(x, n, mu, su, sv) {
  p <- plogis(mu + outer(su * u, sv * u, "+"))
  as.vector(matrix(dbinom(x, n, p), length(u)) %*% w)
}
loglik <- function(mu, su, sv) {
  arms <- mapply(given, dat$events, dat$total, MoreArgs = list(mu, su, sv))
  sum(log(exp(rowsum(t(log(arms)), dat$trial)) %*% w))
}
best <- optim(c(qlogis(sum(dat$events) / sum(dat$total)), 0.5, 0.5),
              function(at) -loglik(at[1], abs(at[2]), abs(at[3])),
              control = list(reltol = 1e-13, maxit = 2000))
mu <- best$par[1]
r <- c(
  estimate = plogis(mu), estimate_link = mu, tau2 = sum(best$par[2:3]^2),
  tau2_trials = best$par[2]^2, tau2_arms = best$par[3]^2, loglik = -best$value
)
"""
OF_NESTED = ("estimate", "estimate_link", "tau2", "tau2_trials", "tau2_arms", "loglik")
OF_THREE_LEVEL = (
    "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "estimate_link", "se_link", "tau2",
    "tau2_trials", "tau2_arms", "q", "q_p", "loglik",
)  # fmt: skip
PROFILE = """\
# profile-likelihood limits of mu
limit <- function(end) uniroot(function(mu) drop(mu) - qchisq(0.95, 1), c(best$par[1], end),
                               tol = 1e-9)$root
r <- c(r, ci_low = plogis(limit(mu - 20 * fit$se)), ci_high = plogis(limit(mu + 20 * fit$se)))
"""
TABLE = """\
r <- r[names(ours)]
write.csv(data.frame(quantity = names(ours), ours = ours, r = r, difference = ours - r),
          row.names = FALSE, quote = FALSE)
"""
HEADER = "quantity,ours,r,difference"
NO_TABLE = f'cat("{HEADER}\\n")'


def r_script(
    version: str, model_name: str, model: Mapping, pooled: Mapping, cells: Sequence[Mapping]
) -> str:
    """The R script of one outcome and model.

    Args:
        version, model_name, model: As in the protocol.
        pooled: The row of pooled.csv.
        cells: The studies in order, each with study_id, events and total, and with trial (the
            studies of one trial share it) if the model has a `cluster`.
    """
    exact = model["likelihood"] != "normal" and pooled["se_link"] is None
    head = [
        comment(
            f"{pooled['outcome']}, data version {version}, model {model_name}: {described(model)}"
        ),
        comment(f"Set beside results/{version}/pooled.csv. Run it: Rscript --vanilla <this file>"),
    ]
    if not cells:
        head += ["# No study of this version reports this outcome."]
        return "\n".join([*head, NO_TABLE, ""])
    if pooled["note"]:
        head.append(comment(f"Note on our result: {pooled['note']}"))
    nested = pooled.get("tau2_trials") is not None
    names = SHARED[:3] if exact else of_arms(model) if nested else quantities(model)
    ours = {name: pooled[name] for name in names if pooled[name] is not None}
    parts = [
        "\n".join([*head, "suppressMessages(library(metafor))", ""]),
        data_lines(cells),
        named_vector("ours", ours),
        *([EXACT] if exact else [arms_within_trials(model)] if nested else calls(model, pooled)),
        TABLE if ours else f"print(r)\n{NO_TABLE}\n",
    ]
    return "\n".join(parts)


def comment(text: str) -> str:
    """A text as one line that R does not run, whatever signs are in it."""
    return "# " + "".join(sign if sign.isprintable() else " " for sign in text)


def described(model: Mapping) -> str:
    """A model in a few words."""
    keys = ("likelihood", "measure", "tau2", "ci", "prediction", "cluster")
    return ", ".join(f"{key} {model[key]}" for key in keys if key in model)


def quantities(model: Mapping) -> list[str]:
    """Columns of pooled.csv that a script sets beside R's numbers: those that R computes alike."""
    names = [*SHARED] if plug_in(model) else _but_prediction(SHARED)
    if model["likelihood"] != "normal":
        names.append("tau2_p")
    elif model["tau2"] in Q_PROFILED:
        names += ["tau2_low", "tau2_high", "i2_low", "i2_high"]
    return [name for name in names if "cluster" not in model or name not in FROM_CLUSTERS]


def plug_in(model: Mapping) -> bool:
    """Whether R computes the prediction interval alike: ours integrates over the parameters."""
    return model.get("prediction") == "t"


def _but_prediction(names: Sequence[str]) -> list[str]:
    """The columns but for those of prediction."""
    return [name for name in names if not name.startswith("pi_")]


def of_arms(model: Mapping) -> Sequence[str]:
    """The same for arms within trials."""
    if model["likelihood"] != "normal":
        return OF_NESTED
    return OF_THREE_LEVEL if plug_in(model) else _but_prediction(OF_THREE_LEVEL)


def arms_within_trials(model: Mapping) -> str:
    """The part of the script that computes arms within trials."""
    if model["likelihood"] != "normal":
        return NESTED
    return THREE_LEVEL.format(**effect_sizes(model["measure"]))


def effect_sizes(measure: str) -> dict[str, str]:
    """What a script fills in to compute effect sizes and to come back from them."""
    add = "0" if measure in NO_ADDITION else "1/2"
    return {"back": BACK[measure], "measure": measure, "add": add}


def calls(model: Mapping, pooled: Mapping) -> list[str]:
    """The parts of the script that compute."""
    if model["likelihood"] == "normal":
        one_study = pooled["k"] == 1
        test = "z" if one_study else TESTS[model["ci"]]
        sizes = effect_sizes(model["measure"])
        first = TWO_STEP.format(**sizes, method=model["tau2"], test=test)
        limits = [Q_PROFILE] if model["tau2"] in Q_PROFILED and not one_study else []
        several = [PREDICTION] if plug_in(model) and pooled["k"] > 2 else []
        return [first, *limits, *several]
    ci = model.get("ci", "profile")
    first = GLMM.format(test="t" if ci == "t" else "z")
    if ci != "profile":
        return [first, GLMM_INTERVAL, LIKELIHOOD]
    # without finite limits of our own there is nothing to search for
    profile = [PROFILE] if pooled["ci_low"] is not None and pooled["ci_high"] is not None else []
    return [first, LIKELIHOOD, RATIO_TEST, *profile]


def data_lines(cells: Sequence[Mapping]) -> str:
    """The counts as a table that R reads; names keep only what cannot end the text."""
    columns = ["events", "total", *(["trial"] if "trial" in cells[0] else [])]
    rows = [
        "|".join([_NOT_IN_NAMES.sub("_", cell["study_id"]), *(str(cell[name]) for name in columns)])
        for cell in cells
    ]
    table = "\n".join(["|".join(["study", *columns]), *rows])
    return f'dat <- read.table(header = TRUE, sep = "|", quote = "", text = "\n{table}\n")\n'


def named_vector(name: str, values: Mapping[str, float]) -> str:
    """A named vector at full precision, one value a line."""
    lines = ",\n".join(f"  {key} = {value:.17g}" for key, value in values.items())
    return f"{name} <- c(\n{lines}\n)\n"


def read_differences(printed: str) -> list[dict]:
    """The rows that a script printed; a value that R has not is None."""
    names, *lines = printed[printed.index(HEADER) :].splitlines()
    return [
        {name: _value(text) for name, text in zip(names.split(","), line.split(","), strict=True)}
        for line in lines
    ]


def _value(text: str) -> str | float | None:
    if text in ("NA", "NaN"):
        return None
    try:
        return float(text)
    except ValueError:
        return text


def largest(rows: Sequence[Mapping]) -> list[dict]:
    """For each model and quantity: how many comparisons, the largest difference, its outcome."""
    found: dict[tuple, list] = {}
    for row in rows:
        if row["difference"] is not None:
            found.setdefault((row["model"], row["quantity"]), []).append(row)
    return [
        {
            "model": model,
            "quantity": quantity,
            "comparisons": len(same),
            "largest": max(abs(row["difference"]) for row in same),
            "outcome": max(same, key=lambda row: abs(row["difference"]))["outcome"],
        }
        for (model, quantity), same in sorted(found.items())
    ]
