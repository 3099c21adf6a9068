"""What `harn check` prints for programs: JSON, annotations of GitHub Actions, SARIF."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import jsonschema
import pytest
from harn_process import harn, write

import harnpy
from harnpy.analysis.rules.catalog import rules_by_code

DOCS = Path(harnpy.__file__).parent.parent / "docs"
FAULTY = 'import "gone"\n\nlet wörter = "ä"\n\nlet _n: int = "x"\n'


def check(directory, *words):
    return harn("check", *words, cwd=directory)


def parsed(directory, *words, status=None):
    ended = check(directory, *words)
    assert ended.errors == ""
    if status is not None:
        assert ended.status == status
    return json.loads(ended.output)


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema():
    found = json.loads((DOCS / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def test_the_document_says_everything_about_a_finding(tmp_path):
    write(tmp_path, "a.harn", FAULTY)
    document = parsed(tmp_path, "a.harn", "--json", status=1)
    assert document == parsed(tmp_path, "a.harn", "--format", "json")
    assert [(each["code"], each["severity"], each["path"]) for each in document["diagnostics"]] == [
        ("declaration-type", "error", "a.harn"),
        ("unused-variable", "warning", "a.harn"),
        ("unresolved-import", "error", "a.harn"),
    ]
    unused = document["diagnostics"][1]
    assert unused["message"] == "variable `wörter` is declared but never used"
    assert unused["help"] == "prefix with underscore: `_wörter`"
    assert unused["span"] == {
        "start": {"line": 3, "column": 1, "offset": 15},
        "end": {"line": 3, "column": 17, "offset": 31},
    }
    assert document["files"] == [{"path": "a.harn", "ok": False, "findings": 3, "applied_fixes": 0}]
    assert document["summary"] == {"files": 1, "errors": 2, "warnings": 1, "fixable": 1}


def test_the_fixes_of_the_document_mend_the_text(tmp_path):
    file = write(tmp_path, "a.harn", FAULTY)
    (fix,) = parsed(tmp_path, "a.harn", "--json")["diagnostics"][1]["fixes"]
    text = file.read_text(encoding="utf-8")
    assert text[: fix["start"]["offset"]] + fix["text"] + text[fix["end"]["offset"] :] == text.replace(
        "wörter", "_wörter"
    )


def test_what_several_files_import_is_named_once(tmp_path):
    write(tmp_path, "lib.harn", 'import "gone"\n')
    for name in "abc":
        write(tmp_path, f"{name}.harn", 'import "lib"\n')
    document = parsed(tmp_path, "a.harn", "b.harn", "c.harn", "--json", status=1)
    assert [each["path"] for each in document["diagnostics"]] == ["lib.harn"]
    assert [each["ok"] for each in document["files"]] == [False, False, False]


def test_import_cycles_are_listed(tmp_path):
    write(tmp_path, "a.harn", 'import "b"\n')
    write(tmp_path, "b.harn", 'import "c"\n')
    write(tmp_path, "c.harn", 'import "a"\nimport "d"\n')
    write(tmp_path, "d.harn", "")
    write(tmp_path, "e.harn", 'import "e"\nimport "a"\n')
    document = parsed(tmp_path, ".", "--json")
    assert document["import_cycles"] == [["a.harn", "b.harn", "c.harn"], ["e.harn"]]
    assert parsed(tmp_path, "d.harn", "--json")["import_cycles"] == []


@pytest.mark.parametrize(
    ("files", "words", "status"),
    [
        ({"a.harn": "println(1)\n"}, ["a.harn"], 0),
        ({"a.harn": FAULTY}, ["a.harn"], 1),
        ({"a.harn": "let x = )\nlet y = ]\n"}, ["a.harn"], 1),
        ({"a.harn": "println(1)\n", "b.harn": 'let s = "no end\n'}, ["."], 1),
        ({}, ["none.harn"], 1),
        ({"a.harn": "let unused = 1\n"}, ["a.harn", "--fix"], 0),
        ({"a.harn": "println(1)\nbreak\n"}, ["a.harn"], 1),
        ({"a.harn": "for x in [1] {\n}\n\nfn f(...a) { return try* a }\n\nlet _x = try* f()\n"}, ["a.harn"], 1),
        ({"a.harn": "let unused = 1\n", "harn.toml": "[check]\nstrict = true\n"}, ["a.harn"], 1),
        ({"a.harn": 'import "b"\n', "b.harn": 'import "a"\n'}, ["."], 0),
    ],
)
def test_every_document_keeps_to_its_schema(tmp_path, schema, files, words, status):
    for name, text in files.items():
        write(tmp_path, name, text)
    ended = check(tmp_path, *words, "--json")
    assert ended.status == status
    document = json.loads(ended.output)
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    assert document["ok"] == (status == 0)
    assert all(each["code"] in rules_by_code() for each in document["diagnostics"])


def test_a_file_that_cannot_be_read_has_no_span(tmp_path):
    (found,) = parsed(tmp_path, "none.harn", "--json", status=1)["diagnostics"]
    assert (found["code"], found["span"]) == ("unreadable-file", None)
    assert found["message"] == "Error reading none.harn: No such file or directory (os error 2)"


def test_a_manifest_that_cannot_be_parsed_is_said_beside_the_document(tmp_path):
    write(tmp_path, "harn.toml", "[check")
    write(tmp_path, "a.harn", "println(1)\n")
    ended = check(tmp_path, "a.harn", "--json")
    assert ended.errors.startswith("warning: failed to parse ")
    assert json.loads(ended.output)["ok"] is True


def test_usage_errors_are_no_documents(tmp_path):
    assert check(tmp_path, "--json").status == check(tmp_path, ".", "--json", "--format", "sarif").status == 2
    ended = check(tmp_path, ".", "--format", "xml")
    assert (ended.status, ended.output) == (2, "")
    assert "possible values: text, json, github, sarif" in ended.errors


# --- GitHub Actions ---------------------------------------------------------------------------------------------------


def test_annotations_name_the_place_and_the_rule(tmp_path):
    write(tmp_path, "a.harn", FAULTY)
    ended = check(tmp_path, "a.harn", "--format", "github")
    assert (ended.status, ended.errors) == (1, "")
    assert ended.output.splitlines() == [
        "::error file=a.harn,line=5,col=1,endLine=5,endColumn=18,title=declaration-type::"
        "'_n' declared as int, but assigned string",
        "::warning file=a.harn,line=3,col=1,endLine=3,endColumn=17,title=unused-variable::"
        "variable `wörter` is declared but never used%0Ahelp: prefix with underscore: `_wörter`",
        "::error file=a.harn,line=1,col=1,endLine=1,endColumn=14,title=unresolved-import::"
        "preflight: unresolved import 'gone'%0Ahelp: verify the import path and packaged module layout",
    ]


def test_annotations_escape_what_would_end_them(tmp_path):
    write(tmp_path, "50%,a:b.harn", 'import "100%::x"\n')
    output = check(tmp_path, "50%,a:b.harn", "--format", "github").output
    assert output.startswith("::error file=50%25%2Ca%3Ab.harn,line=1,")
    assert "::preflight: unresolved import '100%25::x'%0Ahelp" in output


def test_without_findings_there_are_no_annotations(tmp_path):
    write(tmp_path, "a.harn", "println(1)\n")
    ended = check(tmp_path, "a.harn", "--format", "github")
    assert (ended.status, ended.output, ended.errors) == (0, "", "")


# --- SARIF ------------------------------------------------------------------------------------------------------------

# The parts of the published schema of SARIF 2.1.0 (OASIS) that are in use here, with its names, types and limits: no other
# properties than it has, and all that it demands.
_TEXT = {"type": "string"}
_NUMBER = {"type": "integer", "minimum": 0}
_FROM_ONE = {"type": "integer", "minimum": 1}


def _object(required, **properties):
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _list(items, **limits):
    return {"type": "array", "items": items, **limits}


_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_MESSAGE = _object(["text"], text=_TEXT, markdown=_TEXT)
_ARTIFACT = _object([], uri={"type": "string", "pattern": r"^(file:///)?[A-Za-z0-9._~%/@!$&'()*+,;=-]+$"})
_REGION = _object(
    [],
    startLine=_FROM_ONE,
    startColumn=_FROM_ONE,
    endLine=_FROM_ONE,
    endColumn=_FROM_ONE,
    charOffset={"type": "integer", "minimum": -1},
    charLength=_NUMBER,
)
_LOCATION = _object([], physicalLocation=_object(["artifactLocation"], artifactLocation=_ARTIFACT, region=_REGION))
_REPLACEMENT = _object(["deletedRegion"], deletedRegion=_REGION, insertedContent=_object([], text=_TEXT))
_CHANGE = _object(
    ["artifactLocation", "replacements"],
    artifactLocation=_ARTIFACT,
    replacements=_list(_REPLACEMENT, minItems=1),
)
_RESULT = _object(
    ["message"],
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_list(_LOCATION),
    fixes=_list(
        _object(["artifactChanges"], artifactChanges=_list(_CHANGE, minItems=1, uniqueItems=True)), uniqueItems=True
    ),
)
_RULE = _object(
    ["id"],
    id=_TEXT,
    shortDescription=_MESSAGE,
    help=_MESSAGE,
    defaultConfiguration=_object([], level=_LEVEL),
)
_DRIVER = _object(["name"], name=_TEXT, version=_TEXT, rules=_list(_RULE, uniqueItems=True))
_RUN = _object(
    ["tool"],
    tool=_object(["driver"], driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    invocations=_list(_object(["executionSuccessful"], executionSuccessful={"type": "boolean"})),
    results=_list(_RESULT),
)
SARIF = _object(["version", "runs"], **{"$schema": _TEXT, "version": {"enum": ["2.1.0"]}, "runs": _list(_RUN)})


@pytest.mark.parametrize(
    "files",
    [
        {"a.harn": "println(1)\n"},
        {"a.harn": FAULTY, "dir with blank/bö.harn": FAULTY},
        {"a.harn": "let x = )\n"},
        {"a.harn": 'println("n" + 1)\nlet unused = 1\nif true { }\n'},
    ],
)
def test_sarif_has_the_published_structure(tmp_path, files):
    for name, text in files.items():
        write(tmp_path, name, text)
    document = parsed(tmp_path, ".", "--format", "sarif")
    jsonschema.validate(document, SARIF, jsonschema.Draft7Validator)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_results_name_rule_place_and_correction(tmp_path):
    write(tmp_path, "dir with blank/a.harn", FAULTY)
    (run,) = parsed(tmp_path, "dir with blank", "--format", "sarif", status=1)["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        ("declaration-type", "error"),
        ("unused-variable", "warning"),
        ("unresolved-import", "error"),
    ]
    unused = run["results"][1]
    artifact = {"uri": "dir%20with%20blank/a.harn"}
    region = {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 17, "charOffset": 15, "charLength": 16}
    assert unused["locations"] == [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
    (change,) = unused["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == artifact
    assert [each["insertedContent"]["text"] for each in change["replacements"]] == ["_wörter"]
    described = run["tool"]["driver"]["rules"][1]
    assert described["id"] == "unused-variable"
    assert described["help"]["markdown"] == rules_by_code()["unused-variable"][0].documentation


def test_sarif_names_absolute_paths_as_file_uris(tmp_path):
    file = write(tmp_path, "a.harn", FAULTY)
    (run,) = parsed(tmp_path, str(file), "--format", "sarif")["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": file.as_uri()}


def test_sarif_of_a_file_that_cannot_be_read_names_it(tmp_path):
    (run,) = parsed(tmp_path, "none.harn", "--format", "sarif", status=1)["runs"]
    (result,) = run["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "none.harn"}}}]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are Unicode there")
def test_sarif_names_files_by_whatever_bytes_their_names_have(tmp_path):
    name = os.fsdecode(b"a\xff.harn")
    (tmp_path / name).write_text(FAULTY)
    (run,) = parsed(tmp_path, name, "--format", "sarif", status=1)["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "a%FF.harn"}
