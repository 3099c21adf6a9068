"""The line editor of the REPL: prompt, history, keys, completion and colours."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import Output

from harnpy.cli.repl import accepts
from harnpy.cli.repl_completion import HarnCompleter
from harnpy.cli.repl_highlight import STYLE, HarnLexer
from harnpy.cli.repl_session import ReplSession
from harnpy.cli.standard_modules import standard_module_names
from harnpy.vm.durable_files import save

PROMPT = "harn> "
HISTORY_LIMIT = 1000
INDENT = "  "
CLOSERS = ("}", ")", "]")

_LEAVE_HINT = "(Ctrl+C again or Ctrl+D to exit)"


class Prompt:
    """Reads inputs from a terminal. input and output are those of the process unless given."""

    def __init__(
        self, session: ReplSession, history_path: Path, input: Input | None = None, output: Output | None = None
    ) -> None:
        self._editor: PromptSession[str] = PromptSession(
            PROMPT,
            multiline=True,
            lexer=PygmentsLexer(HarnLexer),
            style=STYLE,
            completer=HarnCompleter(session.registry, session.names, standard_module_names()),
            complete_while_typing=False,
            auto_suggest=AutoSuggestFromHistory(),
            history=open_history(history_path),
            key_bindings=_keys(),
            prompt_continuation="." * (len(PROMPT) - 1) + " ",
            input=input,
            output=output,
        )

    @property
    def buffer(self) -> Buffer:
        """What is being typed."""
        return self._editor.default_buffer

    def read(self) -> str | None:
        """The next input; None at Ctrl-D, and at a second Ctrl-C on an empty line. The first one drops the line."""
        asked = False
        while True:
            try:
                # In a thread of its own: the loop of a session that has waited once counts as running in this one.
                return self._editor.prompt(in_thread=True)
            except EOFError:
                return None
            except KeyboardInterrupt:
                if asked and not self.buffer.text:
                    return None
                asked = True
                print(_LEAVE_HINT)


def open_history(path: Path) -> History:
    """The history kept at path, cut to the newest HISTORY_LIMIT entries; in memory if it cannot be kept there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError:
        return InMemoryHistory()
    with suppress(OSError):
        _cut(path)
    return FileHistory(str(path))


def _cut(path: Path) -> None:
    """FileHistory loads newest first and stores each entry behind a comment line; keep that many of the newest."""
    entries = list(FileHistory(str(path)).load_history_strings())
    if len(entries) <= HISTORY_LIMIT:
        return
    with TemporaryDirectory() as directory:
        kept = Path(directory) / "history"
        history = FileHistory(str(kept))
        for entry in reversed(entries[:HISTORY_LIMIT]):
            history.store_string(entry)
        save(str(path), kept.read_bytes())


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter", filter=~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if accepts(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n" + _indent_of(buffer.document.current_line_before_cursor))

    for closer in CLOSERS:
        keys.add(closer)(_close)
    return keys


def _close(event: KeyPressEvent) -> None:
    """A closing bracket that begins a line stands one step further left than what it closes."""
    buffer = event.current_buffer
    before = buffer.document.current_line_before_cursor
    if before.isspace():
        buffer.delete_before_cursor(min(len(before), len(INDENT)))
    buffer.insert_text(event.data)


def _indent_of(line: str) -> str:
    """The indentation of the line that follows: one step deeper behind an opening bracket."""
    indent = line[: len(line) - len(line.lstrip())]
    return indent + INDENT if line.rstrip().endswith(("{", "(", "[")) else indent
