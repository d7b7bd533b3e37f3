-- one row per class of the rosters; names are compared without signs, and numerals are one
select
    *,
    count(*) over (
        partition by school_year, term, county_code, school_id, stage, grade, regexp_replace(
            translate(lower(class_name), '０１２３４５６７８９一二三四五六七八九', '0123456789123456789'),
            '[\s()（）_.、·班-]', '', 'g'
        )
    ) as same_name
from roster
where school_id is not null and stage is not null
