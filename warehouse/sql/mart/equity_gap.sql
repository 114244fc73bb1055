-- one row per program, field and number: the largest gap between two groups of people
select
    told.program_id,
    told.field,
    kpi.ordinal,
    told.kpi,
    kpi.unit,
    kpi.of_what,
    told.n_groups,
    told.n_hidden,
    told.lowest_group,
    told.highest_group,
    told.lowest,
    told.highest,
    told.gap,
    told.gap_low,
    told.gap_high,
    told.p_value,
    told.p_adjusted,
    told.verdict
from signal.equity_gap as told
inner join ref.kpi as kpi on told.kpi = kpi.kpi
