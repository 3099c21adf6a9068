"""The JUnit XML document."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from harnpy.cli.test_junit import JUnitCase, junit_xml


def test_the_document_has_the_layout_that_build_servers_know():
    text = junit_xml([JUnitCase("a.harn", 12), JUnitCase("b.harn", 1500, "no")], 1512)
    assert text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuite name="harn" tests="2" failures="1" time="1.512">\n'
        '  <testcase name="a.harn" time="0.012" />\n'
        '  <testcase name="b.harn" time="1.500">\n'
        '    <failure message="test failed">no</failure>\n'
        "  </testcase>\n"
        "</testsuite>\n"
    )


def test_the_five_special_characters_are_escaped():
    assert "&amp;&lt;&gt;&quot;&apos;" in junit_xml([JUnitCase("x", 0, "&<>\"'")], 0)


def test_colours_do_not_reach_the_document():
    assert "\x1b" not in junit_xml([JUnitCase("x", 0, "\x1b[31m- a\x1b[0m")], 0)


@given(st.text(min_size=1), st.text(min_size=1))
def test_whatever_a_test_is_called_and_says_the_document_is_well_formed(name, failure):
    root = ElementTree.fromstring(junit_xml([JUnitCase(name, 1, failure)], 1))
    assert [case.tag for case in root] == ["testcase"]
