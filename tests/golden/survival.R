# Writes survival.csv: what R's survival says of the lives in lives.csv.
#
#     Rscript survival.R FOLDER OUTPUT
#
# Needs R and survival (Debian: r-base-core and r-cran-survival). A life is at risk after `entered` up to
# `left`; `cause` 0 is censored. Set `early` has no late entry, set `late` has some.
suppressPackageStartupMessages(library(survival))

arguments <- commandArgs(trailingOnly = TRUE)
lives <- read.csv(file.path(arguments[1], "lives.csv"))
rows <- list()

keep <- function(set, group, curve, day, ...) {
    values <- list(...)
    for (measure in names(values)) {
        rows[[length(rows) + 1]] <<- data.frame(
            set = set, group = group, curve = curve, day = day, measure = measure,
            value = sprintf("%.15g", values[[measure]])
        )
    }
}

for (set in unique(lives$set)) {
    for (group in unique(lives$group)) {
        chosen <- lives[lives$set == set & lives$group == group, ]
        chosen$id <- seq_len(nrow(chosen))

        km <- summary(survfit(Surv(entered, left, cause > 0) ~ 1, data = chosen, conf.type = "log-log"))
        keep(set, group, "active", km$time,
            at_risk = km$n.risk, estimate = km$surv, std_error = km$std.err, low = km$lower, high = km$upper)

        cif <- survfit(
            Surv(entered, left, factor(cause, 0:3)) ~ 1, data = chosen, id = id, conf.type = "log-log")
        for (cause in 1:3) {
            state <- which(cif$states == cause)
            keep(set, group, paste0("cause", cause), cif$time,
                estimate = cif$pstate[, state], std_error = cif$std.err[, state],
                low = cif$lower[, state], high = cif$upper[, state])
        }
    }
}

test <- survdiff(Surv(left, cause > 0) ~ group, data = lives[lives$set == "early", ])
keep("early", "all", "log_rank", 0,
    observed = test$obs[1], expected = test$exp[1], expected_other = test$exp[2],
    p_value = pchisq(test$chisq, 1, lower.tail = FALSE))

write.csv(do.call(rbind, rows), arguments[2], row.names = FALSE, quote = FALSE)
