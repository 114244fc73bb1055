-- one row per program, field, group of people and number: how the group stands
select
    told.program_id,
    told.field,
    told.group_value,
    kpi.ordinal,
    told.kpi,
    kpi.unit,
    kpi.of_what,
    told.n,
    told.n_pairs,
    told.value,
    told.low,
    told.high
from signal.equity_value as told
inner join ref.kpi as kpi on told.kpi = kpi.kpi
