# Times of metafor on the data that run.py writes: one line per task, name and seconds per call.
cpu <- function() sum(proc.time()[c("user.self", "sys.self")])
args <- commandArgs(TRUE)
start <- cpu()
suppressMessages(library(metafor))
cat("library", cpu() - start, "\n")
d <- read.csv(args[1])
best <- function(f, times, inner = 1) {
  s <- sapply(seq_len(times), function(i) {
    t <- cpu()
    for (j in seq_len(inner)) suppressWarnings(f())
    (cpu() - t) / inner
  })
  min(s)
}
e <- escalc(measure = "PLO", xi = d$xi, ni = d$ni)
fit <- rma(yi, vi, data = e)
cat("reml", best(function() rma(yi, vi, data = e), 5, 40), "\n")
cat("q_profile", best(function() confint(fit), 5, 20), "\n")
cat("glmm", best(function() rma.glmm(measure = "PLO", xi = d$xi, ni = d$ni), 4, 3), "\n")
cat("leave_one_out", best(function() leave1out(fit), 4, 2), "\n")
cat("influence", best(function() influence(fit), 4, 2), "\n")
