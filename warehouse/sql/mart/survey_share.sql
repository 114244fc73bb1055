-- one row per program, item, wave, side and step of the scale: how many chose it
select
    told.program_id,
    told.instrument,
    coalesce(instrument.words, told.instrument) as instrument_title,
    told.wave,
    told.side,
    told.item,
    coalesce(item.words, told.item) as item_title,
    coalesce(item.ordinal, 0) as ordinal,
    told.step,
    coalesce(step.words, told.step::text) as step_title,
    told.n,
    told.n_all
from signal.survey_share as told
left join ref.instrument_word as instrument
    on told.instrument = instrument.instrument and instrument.kind = 'instrument'
left join ref.instrument_word as item
    on told.instrument = item.instrument and item.kind = 'item' and told.item = item.code
left join ref.instrument_word as step
    on told.instrument = step.instrument and step.kind = 'step' and told.step::text = step.code
