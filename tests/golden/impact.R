# Writes impact.csv: what base R says of the answers in answers.csv and the scores in waves.csv.
#
#     Rscript impact.R FOLDER OUTPUT
#
# Alpha and Feldt's interval by their formulas on cov(); omega from factanal's maximum likelihood loadings;
# changes from t.test; the effect and its variance by Becker's formulas on sd() and cor().
arguments <- commandArgs(trailingOnly = TRUE)
rows <- list()
keep <- function(measure, value) {
    rows[[length(rows) + 1]] <<- data.frame(measure = measure, value = sprintf("%.15g", value))
}

answers <- as.matrix(na.omit(read.csv(file.path(arguments[1], "answers.csv"))))
n <- nrow(answers); k <- ncol(answers); covariances <- cov(answers)
alpha <- k / (k - 1) * (1 - sum(diag(covariances)) / sum(covariances))
keep("n", n)
keep("alpha", alpha)
keep("alpha_low", 1 - (1 - alpha) * qf(0.975, n - 1, (n - 1) * (k - 1)))
keep("alpha_high", 1 - (1 - alpha) * qf(0.025, n - 1, (n - 1) * (k - 1)))
fitted <- factanal(answers, 1, control = list(opt = list(maxit = 10000, factr = 1e3)))
spread <- sqrt(diag(covariances))
common <- sum(fitted$loadings[, 1] * spread)^2
keep("omega", common / (common + sum(fitted$uniquenesses * spread^2)))

waves <- read.csv(file.path(arguments[1], "waves.csv"))
small <- function(m) sqrt(2 / m) * gamma(m / 2) / gamma((m - 1) / 2)
effect <- function(pairs) {
    size <- nrow(pairs)
    g <- small(size - 1) * mean(pairs$after - pairs$before) / sd(pairs$before)
    c(g = g, v = 2 * (1 - cor(pairs$before, pairs$after)) / size + g^2 / (2 * size))
}
treated <- subset(waves, group == "treated"); control <- subset(waves, group == "control")
paired <- subset(treated, !is.na(after)); lost <- subset(treated, is.na(after))
change <- t.test(paired$after, paired$before, paired = TRUE)
keep("change", unname(change$estimate))
keep("change_low", change$conf.int[1]); keep("change_high", change$conf.int[2])
own <- effect(paired); other <- effect(control)
half <- qnorm(0.975)
keep("effect", own["g"])
keep("effect_low", own["g"] - half * sqrt(own["v"])); keep("effect_high", own["g"] + half * sqrt(own["v"]))
stayed <- t.test(paired$before, lost$before)
keep("stayed_less_lost", -diff(stayed$estimate))
keep("stayed_low", stayed$conf.int[1]); keep("stayed_high", stayed$conf.int[2])
both <- t.test(paired$after - paired$before, control$after - control$before)
keep("difference", -diff(both$estimate))
keep("difference_low", both$conf.int[1]); keep("difference_high", both$conf.int[2])
keep("between", own["g"] - other["g"])
keep("between_low", own["g"] - other["g"] - half * sqrt(own["v"] + other["v"]))
write.csv(do.call(rbind, rows), arguments[2], row.names = FALSE, quote = FALSE)
