"""How good the signals are: alerts, backtests and the model of risk."""

from __future__ import annotations

from typing import Literal

from dashboards.data.publication import Publication, Row


def alerts(publication: Publication, limit: int) -> list[Row]:
    """The newest alerts, those that stand first, with the two of the pair; `n_alerts`: how many there are."""
    return publication.rows(
        """
        with told as (
            select alert_id, pair_id, closed_at is not null as is_closed, raised_at
            from mart.alert
            where status <> 'held_back'
        ),
        foremost as (
            select *, (select count(*) from told) as n_alerts
            from told
            order by is_closed, raised_at desc, alert_id
            limit $limit
        )
        select a.*, p.mentee_id, p.mentor_id, p.direction, f.n_alerts
        from foremost as f
        inner join mart.alert as a on a.alert_id = f.alert_id
        inner join mart.pair as p on p.pair_id = f.pair_id
        order by f.is_closed, f.raised_at desc, f.alert_id
        """,
        limit=limit,
    )


def alert_counts(publication: Publication) -> dict[str, int]:
    """How many alerts there are of each status."""
    rows = publication.rows("select status, count(*) as n from mart.alert group by status order by status")
    return {row["status"]: row["n"] for row in rows}


def alert_precision(publication: Publication) -> list[Row]:
    """How often alerts were right, by who looked and by what followed."""
    return publication.rows("select * from mart.alert_precision order by judged_by")


def nudge_effects(publication: Publication) -> list[Row]:
    """Whether pairs are back sooner after an alert, by program and comparison."""
    return publication.rows("select * from mart.nudge_effect order by comparison, program_id")


def risk_model(publication: Publication) -> Row | None:
    """The card of the model that this build judged risk by."""
    return next(iter(publication.rows("select * from mart.risk_model")), None)


def risk_bases(publication: Publication) -> dict[str, int]:
    """How many running pairs are judged on what basis."""
    sql = (
        "select risk_basis, count(*) as n from mart.pair where risk_basis is not null "
        "group by risk_basis order by risk_basis"
    )
    return {row["risk_basis"]: row["n"] for row in publication.rows(sql)}


def backtest(publication: Publication, target: str) -> list[Row]:
    """Every method and metric of the last backtest of a target; nothing until one ran."""
    sql = "select * from mart.backtest where target = $target order by method, metric"
    return publication.rows(sql, target=target)


def backtest_groups(publication: Publication, target: str) -> list[Row]:
    """The record of the model by group of people, each number a row; none where no group may be told."""
    sql = (
        "select * from mart.backtest_group where target = $target and method = 'risk' "
        "order by field, group_value, metric"
    )
    return publication.rows(sql, target=target)


def backtest_part(
    publication: Publication, part: Literal["bin", "lead", "week"], target: str, method: str
) -> list[Row]:
    """The reliability, the leads or the weeks of one method of the last backtest, in their order."""
    order = {"bin": "bin", "lead": "lead_days nulls first", "week": "on_date"}[part]
    sql = f"select * from mart.backtest_{part} where target = $target and method = $method order by {order}"
    return publication.rows(sql, target=target, method=method)
