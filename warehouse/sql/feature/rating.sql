-- one row per pair and side that rated the relationship: felt quality, newest answers weighing most
--
-- Weights and ratings are whole millionths, so that the sums are exact in any order.
with rating as (
    select * from core.rating
),

run as (
    select * from ref.run
),

aged as (
    select
        rating.pair_id,
        rating.side,
        rating.rated_on,
        rating.rating_ppm,
        date_diff('day', rating.rated_on::date, run.as_of::date) as age_days,
        run.rating_half_life_days,
        max(rating.rated_on) over (partition by rating.pair_id, rating.side) as last_on
    from rating
    cross join run
),

weighed as (
    select
        pair_id,
        side,
        rated_on,
        rating_ppm,
        age_days,
        rated_on = last_on as is_last,
        round(1000000.0 * power(0.5, age_days / rating_half_life_days))::bigint as weight_ppm
    from aged
)

select
    pair_id,
    side,
    round(
        sum(weight_ppm * rating_ppm)::double / nullif(sum(weight_ppm), 0)::double / 1000000.0,
        6
    ) as rating,
    round(
        sum(rating_ppm) filter (where is_last)::double / count(*) filter (where is_last)::double / 1000000.0,
        6
    ) as last_rating,
    min(age_days)::integer as rated_days,
    count(distinct rated_on)::integer as n_ratings
from weighed
group by pair_id, side
