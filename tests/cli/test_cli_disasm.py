"""`harn disasm`: the bytecode of a file, or why there is none."""

from __future__ import annotations

from harn_process import harn, write


def test_the_bytecode_of_a_program_is_printed(tmp_path):
    write(tmp_path, "a.harn", "println(1 + 2)")
    ended = harn("disasm", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    assert 'BUILTIN "println"' in ended.output


def test_a_program_that_cannot_be_compiled_is_reported_as_run_reports_it(tmp_path):
    for source in ("let x = )", "break"):
        write(tmp_path, "a.harn", source)
        disasm, run = harn("disasm", "a.harn", cwd=tmp_path), harn("run", "a.harn", cwd=tmp_path)
        assert (disasm.status, disasm.output, disasm.errors) == (1, "", run.errors)


def test_an_unreadable_file_is_named_with_the_reason(tmp_path):
    ended = harn("disasm", "none.harn", cwd=tmp_path)
    assert (ended.status, ended.errors) == (
        1,
        "Error reading none.harn: No such file or directory (os error 2)\n",
    )


def test_a_file_has_to_be_given():
    ended = harn("disasm")
    assert ended.status == 2
    assert ended.errors.startswith("error: the following required arguments were not provided: FILE\n")


def test_the_python_of_a_program_is_printed_with_its_harn_lines(tmp_path):
    write(tmp_path, "a.harn", "fn add(a, b) {\n  return a + b\n}\nprintln(add(1, 2))")
    ended = harn("disasm", "--python", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    assert "# add(a, b)\n" in ended.output
    assert "def f2(fiber, closure, l0=None, l1=None):\n" in ended.output
    assert "return l0 + l1 if " in ended.output
