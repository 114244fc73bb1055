-- one row per program, scale, side, and wave or group: the mean of the scale
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
    told.from_on,
    told.until_on,
    told.is_hidden,
    told.n,
    told.n_pairs,
    told.value,
    told.low,
    told.high,
    told.scale_min,
    told.scale_max,
    told.worst_evidence,
    told.wave_before,
    told.n_before,
    told.value_before
from signal.survey_score as told
left join ref.instrument_word as instrument
    on told.instrument = instrument.instrument and instrument.kind = 'instrument'
left join ref.instrument_word as scale
    on told.instrument = scale.instrument and scale.kind = 'subscale' and told.subscale = scale.code
