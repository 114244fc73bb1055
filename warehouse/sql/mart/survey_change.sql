-- one row per scale, side, and program or cohort of it: what changed from before to after
select
    told.program_id,
    told.field,
    told.group_value,
    told.instrument,
    coalesce(instrument.words, told.instrument) as instrument_title,
    told.subscale,
    coalesce(scale.words, told.subscale) as scale_title,
    coalesce(scale.ordinal, 0) as ordinal,
    told.side,
    told.is_hidden,
    told.n_before,
    told.n_paired,
    told.n_lost,
    told.mean_before,
    told.mean_after,
    told.value,
    told.low,
    told.high,
    told.effect,
    told.effect_low,
    told.effect_high,
    told.stayed,
    told.stayed_low,
    told.stayed_high,
    told.n_outside,
    told.outside,
    told.difference,
    told.difference_low,
    told.difference_high,
    told.scale_min,
    told.scale_max,
    told.worst_evidence
from signal.survey_change as told
left join ref.instrument_word as instrument
    on told.instrument = instrument.instrument and instrument.kind = 'instrument'
left join ref.instrument_word as scale
    on told.instrument = scale.instrument and scale.kind = 'subscale' and told.subscale = scale.code
