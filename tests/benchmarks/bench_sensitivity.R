# metafor's side of bench_sensitivity.py: seconds (wall, CPU) of each task, both cores where it can.
suppressPackageStartupMessages(library(metafor))
args <- commandArgs(trailingOnly = TRUE)
data <- read.csv(args[1])
dat <- escalc(measure = "PLO", xi = xi, ni = ni, data = data)
told <- function(name, count, task) {
  start <- proc.time()
  task()
  spent <- proc.time() - start
  cpu <- sum(spent[c("user.self", "sys.self", "user.child", "sys.child")], na.rm = TRUE)
  cat(name, count, spent[["elapsed"]], cpu, "\n")
}
# the same task as ours: every subset by DL and by EE
for (k in c(12, 15, 18)) {
  part <- dat[1:k, ]
  fits <- lapply(c("DL", "EE"), function(method) rma(yi, vi, data = part, method = method))
  told(paste0("gosh_", k), 2^k - 1, function() for (fit in fits)
    gosh(fit, progbar = FALSE, parallel = "multicore", ncpus = 2))
}
told("rma_loop", 1000, function() for (i in 1:1000) rma(yi, vi, data = dat, method = "DL"))
told("leave1out", 1, function() leave1out(rma(yi, vi, data = dat, method = "REML")))
dat$group <- rep(c("a", "b"), c(19, 4))
res <- rma(yi, vi, mods = ~ group, data = dat, method = "REML")
set.seed(1)
told("permutest", 1000, function() permutest(res, iter = 1000, progbar = FALSE))
