"""The completion scripts, made of the declarations of all commands; of commands by name they know only how to ask for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harnpy.cli.arguments import Command, Flag, Positional
from harnpy.cli.main import listed_commands

# Both names of the command.
_NAMES = "harn harnpy"

_GLOBAL_FLAGS = ("--help", "--version")

_HEADER = "{name} completion of harn; printed by `harn completions {name}`.\n"

_BASH = """\
# {header}
_harn_add() {{
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done
}}

_harn_tests() {{
    local word target=
    for word in "${{COMP_WORDS[@]:2:COMP_CWORD-2}}"; do [[ $word != -* && -e $word ]] && target=$word; done
    "${{COMP_WORDS[0]}}" test --list ${{target:+"$target"}} 2>/dev/null </dev/null | sed 's/ .*//'
}}

_harn() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command=${{COMP_WORDS[1]}}
    local words="" kind="" i
    COMPREPLY=()
    # `--flag=value` arrives as three words.
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $previous == "=" ]]; then
        previous=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    if ((COMP_CWORD == 1)); then
        words={top} kind=harn
    else
        case $command in
{deeper}        esac
        case $command in
{cases}        esac
        for ((i = 2; i < COMP_CWORD; i++)); do
            [[ ${{COMP_WORDS[i]}} == -- ]] && words="" kind=file
        done
    fi
    [[ $words ]] && _harn_add < <(compgen -W "$words" -- "$current")
    case $kind in
    harn) _harn_add < <(compgen -f -X '!*.harn' -- "$current"; compgen -d -- "$current") ;;
    file) _harn_add < <(compgen -f -- "$current") ;;
    directory) _harn_add < <(compgen -d -- "$current") ;;
    test) _harn_add < <(compgen -W "$(_harn_tests)" -- "$current") ;;
    esac
    [[ $kind && $kind != test ]] && compopt -o filenames 2>/dev/null
    return 0
}}

complete -F _harn {names}
"""

_ZSH = """\
#compdef {names}
# {header}
_harn_tests() {{
    local word target=
    for word in "${{(@)words[3,CURRENT-1]}}"; do [[ $word != -* && -e $word ]] && target=$word; done
    "${{words[1]}}" test --list ${{target:+"$target"}} 2>/dev/null </dev/null | sed 's/ .*//'
}}

_harn() {{
    local current=$PREFIX previous=${{words[CURRENT-1]}} command=${{words[2]}} list="" kind="" i
    if [[ $current == --*=* ]]; then
        previous=${{current%%=*}}
        compset -P '*='
        current=$PREFIX
    fi
    if ((CURRENT == 2)); then
        list={top} kind=harn
    else
        case $command in
{deeper}        esac
        case $command in
{cases}        esac
        for ((i = 3; i < CURRENT; i++)); do
            [[ ${{words[i]}} == -- ]] && list="" kind=file
        done
    fi
    [[ -n $list ]] && compadd -- ${{=list}}
    case $kind in
    harn) _files -g '*.harn' ;;
    file) _files ;;
    directory) _files -/ ;;
    test) compadd -- ${{(f)"$(_harn_tests)"}} ;;
    esac
    return 0
}}

if [[ $funcstack[1] == _harn ]]; then
    _harn "$@"
elif (($+functions[compdef])); then
    compdef _harn {names}
fi
"""

_FISH = r"""# {header}
function __harn_at
    set -l words (commandline -opc)
    set -e words[1]
    string match -q -- "$argv *" "$words "
end

function __harn_first
    set -l words (commandline -opc)
    set -e words[1]
    test "$argv" = "$words"
end

function __harn_tests
    set -l words (commandline -opc)
    set -l target
    for word in $words[3..-1]
        if not string match -q -- '-*' $word; and test -e $word
            set target $word
        end
    end
    $words[1] test --list $target 2>/dev/null </dev/null | string replace -r ' .*' ''
end

function __harn_programs
    __fish_complete_path (commandline -ct) | string replace -r '\t.*' '' | string match -r '.*(?:/|\.harn)$'
end
"""


def bash_script() -> str:
    """For bash 3.2 and newer."""
    return _shell_script(_BASH, "bash", "words", 1)


def zsh_script() -> str:
    """For zsh with its completion system switched on."""
    return _shell_script(_ZSH, "zsh", "list", 2)


def fish_script() -> str:
    """For fish."""
    lines = [_FISH.format(header=_HEADER.format(name="fish").rstrip())]
    for name in _NAMES.split():
        lines.append(f"complete -c {name} -f")
        for command in listed_commands():
            lines.append(_fish(name, "__harn_first", f"-a {command.name}", command.summary))
        lines.append(_fish(name, "__harn_first", "-a help", "Print help"))
        lines.append(_fish(name, "__harn_first", "-a '(__harn_programs)'", ""))
        lines.append(_fish(name, "__harn_first", "-s h -l help", "print help"))
        lines.append(_fish(name, "__harn_first", "-s V -l version", "print the version"))
        for known in listed_commands():
            lines.append(_fish(name, "__harn_at help", f"-a {known.name}", known.summary))
        for command in _all_commands():
            lines += _fish_command(name, command)
    return "\n".join(lines) + "\n"


SCRIPTS: dict[str, Callable[[], str]] = {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}


def _all_commands() -> Iterator[Command]:
    """Every command and subcommand that can be run or listed."""
    pending = listed_commands()
    while pending:
        command = pending.pop(0)
        yield command
        pending[:0] = command.subcommands


def _shell_script(template: str, shell: str, variable: str, first: int) -> str:
    """bash and zsh understand the same cases. variable holds the words to offer; first is the index of the command."""
    names = [command.name for command in listed_commands()]
    cases = f"        help) {variable}={_quoted([*names])} ;;\n"
    deeper = ""
    place, words = ("COMP_CWORD", "COMP_WORDS") if first == 1 else ("CURRENT", "words")
    for command in _all_commands():
        if command.subcommands:
            deeper += f'        {command.name}) (({place} > {first + 1})) && command="$command ${{{words}[{first + 1}]}}" ;;\n'
        cases += _shell_case(command, variable)
    return template.format(
        header=_HEADER.format(name=shell).rstrip(),
        names=_NAMES,
        top=_quoted([*names, "help", *_GLOBAL_FLAGS]),
        deeper=deeper,
        cases=cases,
    )


def _shell_case(command: Command, variable: str) -> str:
    lines = [f'"{command.name}")' if " " in command.name else f"{command.name})"]
    lines.append("    case $previous in")
    for flag in command.flags:
        if flag.metavar:
            forms = "|".join(form for form in (flag.name, flag.short) if form)
            lines.append(f"    {forms}) {_offer(flag, variable)} ;;")
    positional = command.positionals[0] if command.positionals else None
    if command.subcommands:
        offered = f"{variable}={_quoted([_last_word(each) for each in command.subcommands])}"
    elif positional is not None:
        offered = _offer(positional, variable)
    else:
        offered = ":"
    flags = _quoted([*(flag.name for flag in command.flags), "--help"])
    lines.append(f"    *) if [[ $current == -* ]]; then {variable}={flags}; else {offered}; fi ;;")
    lines += ["    esac", "    ;;"]
    return "".join(f"        {line}\n" for line in lines)


def _offer(argument: Flag | Positional, variable: str) -> str:
    """The assignment that offers the values of a flag or positional."""
    words = _words_of(argument)
    if words:
        return f"{variable}={_quoted(words)}"
    return f"kind={argument.takes}" if argument.takes else ":"


def _words_of(argument: Flag | Positional) -> list[str]:
    if argument.takes == "name":
        from harnpy.cli.reference import names

        return names()
    return list(argument.choices)


def _quoted(words: list[str]) -> str:
    return "'" + " ".join(words) + "'"


def _last_word(command: Command) -> str:
    return command.name.rpartition(" ")[2]


def _fish_command(name: str, command: Command) -> Iterator[str]:
    condition = f"__harn_at {command.name}"
    yield _fish(name, condition, "-s h -l help", "print help")
    for each in command.subcommands:
        yield _fish(name, f"__harn_first {command.name}", f"-a {_last_word(each)}", each.summary)
    for flag in command.flags:
        forms = " ".join(_fish_form(form) for form in (flag.name, flag.short) if form)
        yield _fish(name, condition, f"{forms}{_fish_values(flag)}", flag.summary)
    if command.positionals:
        argument = command.positionals[0]
        words = _words_of(argument)
        if words:
            yield _fish(name, f"__harn_first {command.name}", f"-a {_quoted(words)}", "")
        elif argument.takes == "harn":
            yield _fish(name, condition, "-a '(__harn_programs)'", "")
        elif argument.takes == "directory":
            yield _fish(name, condition, "-a '(__fish_complete_directories)'", "")
        elif argument.takes:
            yield _fish(name, condition, "-F", "")


def _fish_form(form: str) -> str:
    return f"-l {form[2:]}" if form.startswith("--") else f"-s {form[1:]}"


def _fish_values(flag: Flag) -> str:
    if not flag.metavar:
        return ""
    words = _words_of(flag)
    if words:
        return f" -x -a {_quoted(words)}"
    if flag.takes == "directory":
        return " -x -a '(__fish_complete_directories)'"
    if flag.takes == "test":
        return " -x -a '(__harn_tests)'"
    return " -r -F" if flag.takes else " -x"


def _fish(name: str, condition: str, what: str, description: str) -> str:
    text = f"complete -c {name} -n '{condition}' {what}"
    escaped = description.replace("\\", "\\\\").replace("'", "\\'")
    return f"{text} -d '{escaped}'" if description else text
