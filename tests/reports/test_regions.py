"""Pages of cities, provinces and the nation: their names, and what so few counties may claim."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.regions import Region, regions_of
from dagster_project.reports.folder import follow_its_name, region_folder
from dagster_project.reports.templates import Templates
from dagster_project.reports.web import document


@pytest.mark.parametrize(
    ("level", "code", "year", "name"),
    [
        ("city", "6402", 2023, "石嘴山市"),
        ("city", "3710", 2021, "威海市"),
        ("province", "64", 2023, "宁夏回族自治区"),
        ("city", "1101", 2023, "北京市市辖区"),  # its districts lie in what has no name
        ("city", "3712", 2015, "莱芜市"),  # gone since 2019, and its name of then
        ("city", "9999", 2023, "9999"),
        ("nation", "CN", 2023, ""),
    ],
)
def test_a_region_is_called_as_the_list_of_that_year_has_it(level, code, year, name):
    assert Region(year, level, code).name == name


def test_what_is_loaded_speaks_for_a_region_from_its_coverage_on():
    """石嘴山市 has three counties: 大武口区, 惠农区, 平罗县."""
    city = Region(2023, "city", "6402")
    assert city.counties_listed == 3
    assert [city.is_covered(loaded, 0.9) for loaded in (1, 2, 3)] == [False, False, True]
    assert city.is_covered(2, 0.6)
    # Codes of either side of a change hold between two lists: a few more than the 2,843 of 2023.
    assert 2800 < Region(2023, "nation", "CN").counties_listed < 3000


def test_a_folder_follows_the_name_of_its_place(tmp_path):
    region = Region(2023, "city", "6402")
    (tmp_path / "2023" / "6402").mkdir(parents=True)
    (tmp_path / "2023" / "6402" / "by hand").touch()
    folder = region_folder(tmp_path, region)
    follow_its_name(folder)
    assert (folder / "by hand").exists() and folder.name == "6402-石嘴山市"
    assert not (tmp_path / "2023" / "6402").exists()


@pytest.mark.parametrize("region", regions_of([CountyYear(2023, "640221", "平罗县")]))
def test_one_county_is_no_region_and_first_of_nothing(flat_county, region):
    with Published(flat_county.settings.warehouse) as published:
        page, whole = (
            document.render_region(published, region, replace(Templates(), coverage=share)).decode()
            for share in (0.9, 0.0)
        )
    assert "已载入 1 县" in page and "不作排名" in page
    assert "名次" not in page and "在同级区域中列第" not in page
    assert region.name in page and region.region_code + "义务教育" not in page
    assert "已载入" not in whole and "名次" in whole
    assert "全国义务教育" not in page
    assert ("全国义务教育" in whole) is (region.level == "nation")
