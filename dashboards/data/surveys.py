"""What surveys say, wave by wave."""

from __future__ import annotations

from dashboards.data.publication import Publication, Row


def instruments(publication: Publication) -> list[Row]:
    """The instruments whose scales are told, by program: outcomes after the others, most waves first."""
    return publication.rows(
        "select program_id, instrument, max(instrument_title) as title from mart.survey_score "
        "group by program_id, instrument "
        "order by program_id, bool_or(group_value in ('pre', 'post')), "
        "count(distinct group_value) filter (where field = 'wave') desc, instrument"
    )


def responses(publication: Publication, program_id: str, instrument: str) -> list[Row]:
    """Who answered each wave of an instrument, the newest wave first."""
    sql = (
        "select * from mart.survey_response where program_id = $program and instrument = $instrument "
        "order by sent_on desc, wave desc, side"
    )
    return publication.rows(sql, program=program_id, instrument=instrument)


def scores(publication: Publication, program_id: str, instrument: str) -> list[Row]:
    """How the scales of an instrument stand, by wave (the newest first), cohort and form."""
    sql = (
        "select * from mart.survey_score where program_id = $program and instrument = $instrument "
        "order by field, case when field = 'wave' then from_on end desc, group_value, ordinal, side"
    )
    return publication.rows(sql, program=program_id, instrument=instrument)


def shares(publication: Publication, program_id: str, instrument: str, wave: str) -> list[Row]:
    """How the answers of one wave are spread over each item's scale."""
    sql = (
        "select * from mart.survey_share where program_id = $program and instrument = $instrument "
        "and wave = $wave order by side, ordinal, step"
    )
    return publication.rows(sql, program=program_id, instrument=instrument, wave=wave)


def changes(publication: Publication, program_id: str, instrument: str) -> list[Row]:
    """What changed from before to after, of the program first and then of its cohorts."""
    sql = (
        "select * from mart.survey_change where program_id = $program and instrument = $instrument "
        "order by field desc, group_value, ordinal, side"
    )
    return publication.rows(sql, program=program_id, instrument=instrument)
