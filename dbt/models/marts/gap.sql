with short as (
    select
        figure.school_year,
        figure.county_code,
        figure.county_name,
        figure.school_id,
        figure.school_name,
        figure.stage,
        figure.indicator_id as item_id,
        figure.indicator_id as part_id,
        figure.value,
        figure.threshold,
        figure.gap_per_pupil as shortfall_per_pupil,
        -- Teachers and rooms come whole; areas and money do not.
        case
            when item.gap_decimals = 0 and item.gap_unit <> '元' then ceil(figure.gap_total * (1 - 1e-9))
            else figure.gap_total
        end as shortfall,
        item.gap_unit as unit,
        item.gap_decimals,
        item.noun_zh,
        indicator.unit as value_unit,
        indicator.decimals,
        figure.is_tainted
    from {{ ref('fct_school_indicator') }} as figure
    inner join {{ ref('item') }} as item on figure.indicator_id = item.item_id
    inner join {{ ref('indicator') }} as indicator on figure.indicator_id = indicator.indicator_id
    where figure.standard_id = '2017' and figure.verdict in ('floor', 'below')
),

gap as (
    select
        school_year, county_code, school_id, school_name, stage, item_id, part_id, value, threshold,
        shortfall_per_pupil, shortfall, unit,
        coalesce(school_name, school_id)
        || '缺' || noun_zh
        || {{ marked(number_by('shortfall_per_pupil', 'greatest(decimals, 2)')) }} || value_unit || '，共'
        || {{ marked(number_by('shortfall', 'gap_decimals')) }} || unit as what_to_do,
        is_tainted
    from short
    union all
    select
        school_year, county_code, school_id, school_name, stage, item_id, part_id, value, threshold,
        null, shortfall, gap_unit, what_to_do, is_tainted
    from {{ ref('int_school_item') }}
    where verdict = 'not_met'
)

select
    gap.school_year,
    gap.county_code,
    county.county_name,
    gap.school_id,
    gap.school_name,
    gap.stage,
    gap.item_id,
    gap.part_id,
    gap.value,
    gap.threshold,
    gap.shortfall_per_pupil,
    gap.shortfall,
    gap.unit,
    -- Nobody builds for a figure that is in doubt.
    case when gap.is_tainted then {{ word_zh('mark', 'correct_first') }} || '：' else '' end || gap.what_to_do
        as what_to_do,
    gap.is_tainted
from gap
left join {{ ref('int_county') }} as county
    on gap.school_year = county.school_year and gap.county_code = county.county_code
