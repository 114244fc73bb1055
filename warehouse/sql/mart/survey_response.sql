-- one row per program, instrument, wave and side: to how many it went out, and how many answered
select
    told.program_id,
    told.instrument,
    coalesce(instrument.words, told.instrument) as instrument_title,
    told.wave,
    told.side,
    told.sent_on,
    told.is_open,
    told.is_hidden,
    told.n,
    told.n_reached,
    told.value,
    told.low,
    told.high
from signal.survey_response as told
left join ref.instrument_word as instrument
    on told.instrument = instrument.instrument and instrument.kind = 'instrument'
