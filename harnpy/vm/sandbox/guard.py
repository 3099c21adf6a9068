"""Holding a runtime to policies: asked before every call of a builtin with effects and before every operation.

The gate refuses a builtin none of whose effects is permitted before anything of it happens. What an operation touches is
known only when it is about to be done: then the guard looks at its path, host, program, variable or model.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from harnpy.vm.effects import IMPORT, OWN
from harnpy.vm.errors import Category, categorized_error
from harnpy.vm.sandbox.hosts import shown_place
from harnpy.vm.sandbox.places import (
    PLACELESS,
    TOUCHES,
    WORKSPACE_TOUCHES,
    Touch,
    is_partial_of,
    is_same_or_within,
    is_within,
    real_place,
    substituted,
    workspace_path,
)
from harnpy.vm.sandbox.policy import CONFINED, PATH_EFFECTS, VARIABLE, Policy, Scope, encoded, place_of_program

if TYPE_CHECKING:
    from harnpy.vm.effects import Operation
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.runtime import Runtime
    from harnpy.vm.values import Builtin, Value

_CONFINED = frozenset(CONFINED)

# What these need is the configuration of model calls, which the runtime reads by itself.
_ABOUT_MODELS = ("llm_", "with_rate_limit")

# Variables that make a program load or run code which is none of its own.
_LOADING = ("LD_", "DYLD_", "PYTHON", "PERL5", "RUBY", "NODE_", "JAVA_", "JDK_JAVA_", "GIT_", "HARN_", "BASH_FUNC_")
_LOADING_WHOLE = frozenset(
    ["BASH_ENV", "BROWSER", "EDITOR", "ENV", "IFS", "PAGER", "PATH", "PS4", "SHELL", "SHELLOPTS", "VISUAL"]
)


class Sandbox:
    """The policies of one runtime; all of them have to agree."""

    def __init__(self) -> None:
        self._rules: tuple[_Rules, ...] = ()
        self._runtime: Runtime | None = None

    @property
    def policies(self) -> tuple[Policy, ...]:
        return tuple(rules.policy for rules in self._rules)

    def confine(self, runtime: Runtime, policy: Policy) -> None:
        """Hold a runtime to one more policy, for good."""
        if self._runtime is None:
            self._runtime = runtime
            runtime.add_gate(self.gate)
            runtime.seam.guard(self.guard)
        self._rules = (*self._rules, _Rules(runtime, policy))

    def gate(self, fiber: Fiber, function: Builtin, args: Sequence[Value]) -> None:
        """Refuse the call of a builtin that can do nothing of what is permitted."""
        for rules in self._rules:
            rules.check_call(function)

    def guard(self, fiber: Fiber, operation: Operation, args: tuple[Any, ...], purpose: str) -> tuple[Any, ...]:
        """The arguments with which an operation is to be done, in which links are resolved. Refuses it by raising."""
        if operation.effect not in _CONFINED:
            return args
        tool = "import" if purpose == IMPORT or operation.name == "import_python" else fiber.builtin
        for rules in self._rules:
            args = rules.check_operation(tool, operation, args, purpose)
        return self._with_policies(args) if operation.name == "run_program" else args

    def _with_policies(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of a program to be run, with the policies in its environment."""
        program, words, directory, environment, options = args
        policies = [rules.policy_for_children() for rules in self._rules]
        return program, words, directory, {**environment, VARIABLE: encoded(policies)}, options


def refused(tool: str, why: str, remedy: str) -> NoReturn:
    """Raise the error of everything that a policy refuses: what is not permitted, why, and what would permit it."""
    raise categorized_error(Category.TOOL_REJECTED, f"Tool '{tool}' is not permitted: {why}. {remedy}")


class _Rules:
    """One policy, applied to one runtime."""

    def __init__(self, runtime: Runtime, policy: Policy) -> None:
        self.policy = policy
        self._runtime = runtime
        self._by_name: frozenset[str] | None = None
        self._import_root = policy.import_root
        self._is_by_effect = policy.is_by_effect

    # --- calls of builtins ------------------------------------------------------------------------------------------------

    def check_call(self, function: Builtin) -> None:
        """Refuse a builtin that can do nothing of what is permitted, or something that only others are named for."""
        policy = self.policy
        if not self._is_by_effect:
            return
        needed = _CONFINED & function.effects
        if not needed or (policy.allows and self._is_named(function.name)):
            return
        if function.name.startswith(_ABOUT_MODELS):
            needed |= {"llm"}
        permitted = {effect for effect in needed if self._is_listed(effect)}
        if not policy.allows:
            if needed <= policy.effects:
                self._refuse_denied(function.name, f"it needs {_first(needed)}", _first(needed))
            return
        if not permitted:
            effect = _first(needed)
            refused(function.name, f"it needs {effect}, which is not allowed", f"Allow it with: --allow {effect}")
        by_name = (self._granted_by_name() & needed) - permitted
        if by_name:
            effect = _first(by_name)
            why = f"it needs {effect}, which is allowed by the names of other tools only"
            item = function.name if function.name in self._runtime.registry else effect
            refused(function.name, why, f"Allow it with: --allow {item}")

    def _is_named(self, name: str) -> bool:
        """Whether a builtin is listed by its name; the handlers of tools have names, too, but cannot be named."""
        return name in self.policy.names and name in self._runtime.registry

    def _is_listed(self, effect: str) -> bool:
        return effect in self.policy.effects or effect in self.policy.scopes

    def _granted_by_name(self) -> frozenset[str]:
        """The effects of the builtins that are listed by name."""
        if self._by_name is None:
            found = [self._runtime.registry.get(name) for name in self.policy.names]
            self._by_name = frozenset[str]().union(*(each.effects for each in found if each is not None))
        return self._by_name

    # --- operations -------------------------------------------------------------------------------------------------------

    def check_operation(self, tool: str, operation: Operation, args: tuple[Any, ...], purpose: str) -> tuple[Any, ...]:
        """The arguments of an operation that is permitted. Refuses it otherwise."""
        effect = operation.effect
        if not self._is_by_effect and effect != "python":
            return args
        if effect == "llm" and not self.policy.allows:
            self._check_denied_network(tool, operation, args)
        if operation.name == "run_program":
            args = self._with_variables(args)
        if purpose == OWN:
            return args
        if purpose == IMPORT:
            return self._check_import(tool, args)
        if effect in PATH_EFFECTS:
            return self._check_paths(tool, operation, args)
        if not self._is_limited(tool, effect, _subject(operation, args)):
            if effect == "net":
                self._check_saving(tool, args)
            return args
        match effect:
            case "net":
                self._check_request(tool, args)
            case "llm":
                self._check_model(tool, operation, args)
            case "env":
                self._check_text(tool, effect, args[0] if operation.name == "env" else None)
            case "python":
                self._check_text(tool, effect, args[0] if args else None)
            case "process":
                return self._check_program(tool, args)
        return args

    def _is_free(self, effect: str) -> bool:
        """Whether all of an effect is permitted."""
        if self.policy.allows:
            return effect in self.policy.effects
        return effect not in self.policy.effects and effect not in self.policy.scopes

    def _is_limited(self, tool: str, effect: str, subject: str) -> bool:
        """Whether scopes of an effect are to be looked at. Refuses an effect that is denied, or not allowed, as a whole."""
        policy = self.policy
        if not policy.allows:
            if effect in policy.effects:
                self._refuse_denied(tool, subject, effect)
            return effect in policy.scopes
        if effect in policy.effects:
            return False
        if effect in policy.scopes:
            return True
        if policy.is_by_effect:
            if effect not in self._granted_by_name():
                refused(tool, f"{subject} is not allowed", f"Allow it with: --allow {effect}")
        elif effect == "python":  # there is no builtin to be named for it
            refused(tool, f"{subject} is not allowed", "Allow it with: --allow python")
        return False

    def _refuse_denied(self, tool: str, what: str, item: str) -> NoReturn:
        refused(tool, f"{what} is denied" if what else "it is denied", f"Allow it without: --deny {item}")

    # --- files ------------------------------------------------------------------------------------------------------------

    def _check_paths(self, tool: str, operation: Operation, args: tuple[Any, ...]) -> tuple[Any, ...]:
        name = operation.name
        if name in PLACELESS:
            return args
        if name in WORKSPACE_TOUCHES and hasattr(args[0], "root"):
            touch = WORKSPACE_TOUCHES[name]
            self._check_path(tool, touch, workspace_path(args))
            return args
        touches = TOUCHES.get(name)
        if touches is None:
            if self._is_limited(tool, operation.effect, f"{operation.effect} by {name}"):
                refused(tool, f"{name} knows no limits", f"Allow it with: --allow {operation.effect}")
            return args
        places: dict[int, str] = {}
        for touch in touches:
            path = args[touch.argument]
            place = self._check_path(tool, touch, path)
            if place is not None:
                places.setdefault(touch.argument, substituted(path, place))
        return tuple(places.get(index, value) for index, value in enumerate(args)) if places else args

    def _check_path(self, tool: str, touch: Touch, path: str) -> str | None:
        """The real path of a path that is permitted; None where everything is."""
        effect = touch.effect
        if self._is_free(effect):
            return None
        try:
            place = real_place(path, touch.follows)
        except ValueError:
            self._is_limited(tool, effect, f"{effect} of a path with a NUL")
            refused(tool, f"{effect} of a path with a NUL is never inside a scope", f"Allow it with: --allow {effect}")
        if not self._is_limited(tool, effect, f"{effect} of {place}"):
            return None
        scopes = self.policy.scopes[effect]
        if self.policy.allows:
            if not any(_covers(scope, place, effect) for scope in scopes):
                self._refuse_outside(tool, effect, place, "paths")
            return place
        for scope in scopes:
            inside = is_same_or_within(place, scope.value)
            if inside or (touch.is_tree and is_within(scope.value, place)):
                what = f"{effect} of {place}" if inside else f"{effect} of all that is in {place}"
                self._refuse_denied(tool, what, f"{effect}={scope.shown}")
        return place

    def _refuse_outside(self, tool: str, effect: str, subject: str, kind: str) -> NoReturn:
        listed = ", ".join(scope.shown for scope in self.policy.scopes[effect])
        refused(
            tool,
            f"{effect} of {subject} is outside the allowed {kind} ({listed})",
            f"Allow it with: --allow {effect}={subject}",
        )

    def _check_import(self, tool: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Modules of the project are free unless a scope denies them."""
        place = real_place(args[0], True)
        if not self.policy.admits_module(place, self.import_root()):
            self._check_path(tool, Touch("fs.read", 0), place)
            raise AssertionError(place)
        return place, *args[1:]

    def import_root(self) -> str:
        """The directory of the project of the running program; that of the program if it has none."""
        if self._import_root is None:
            entry = self._runtime.entry_path
            start = os.path.realpath("." if entry.startswith("<") else os.path.dirname(os.path.abspath(entry)))
            directory = start
            while not os.path.isfile(os.path.join(directory, "harn.toml")):
                above = os.path.dirname(directory)
                if above == directory:
                    directory = start
                    break
                directory = above
            self._import_root = directory
        return self._import_root

    # --- network and models -----------------------------------------------------------------------------------------------

    def _check_request(self, tool: str, args: tuple[Any, ...]) -> None:
        """The host that is asked, the one that it is asked for, and the proxy that is asked instead."""
        request = args[0]
        self._check_saving(tool, args)
        self._check_host(tool, request["host"], request["port"], "")
        for name, value in request["headers"]:
            if name == "host":
                self._check_named_host(tool, value, request["port"])
        self._check_proxy(tool, request["url"].partition(":")[0], request["host"], request["port"])

    def _check_named_host(self, tool: str, text: str, port: int) -> None:
        from harnpy.vm.http.addresses import parse

        try:
            address = parse(f"http://{text}")
        except ValueError:
            refused(tool, f"net with the Host header {text!r} is outside every scope", "Allow it with: --allow net")
        given = address.port if text.rpartition("]")[2].rpartition(":")[1] else port
        self._check_host(tool, address.host, given, " (header Host)")

    def _check_proxy(self, tool: str, scheme: str, host: str, port: int) -> None:
        from harnpy.vm.http.addresses import parse
        from harnpy.vm.http.proxies import UnusableProxy, proxy_for

        try:
            proxy = proxy_for(scheme, host, port)
            address = parse(proxy) if proxy is not None else None
        except (UnusableProxy, ValueError):
            return  # nothing will be sent
        if address is not None:
            self._check_host(tool, address.host, address.port, " (the proxy that the environment names)")

    def _check_host(self, tool: str, host: str, port: int, role: str) -> None:
        scopes = self.policy.scopes["net"]
        covering = [scope for scope in scopes if scope.host is not None and scope.host.covers(host, port)]
        place = shown_place(host, port)
        if not self.policy.allows:
            if covering:
                self._refuse_denied(tool, f"net to {place}{role}", f"net={covering[0].shown}")
        elif not covering:
            listed = ", ".join(scope.shown for scope in scopes)
            why = f"net to {place}{role} is outside the allowed hosts ({listed})"
            refused(tool, why, f"Allow it with: --allow net={place}")

    def _check_saving(self, tool: str, args: tuple[Any, ...]) -> None:
        path = args[0].get("save_to") if args and isinstance(args[0], dict) else None
        if path is not None:
            self._check_path(tool, Touch("fs.write", 0, follows=False), path)

    def _check_denied_network(self, tool: str, operation: Operation, args: tuple[Any, ...]) -> None:
        """A model call goes to a host as well, which may be denied."""
        url = args[0].get("url", "") if args and isinstance(args[0], dict) else ""
        if operation.name == "recorded" or not url.startswith(("http://", "https://")):
            return
        if self._is_limited(tool, "net", "net of a model call"):
            from harnpy.vm.http.addresses import parse

            try:
                address = parse(url)
            except ValueError:
                return
            self._check_host(tool, address.host, address.port, " (of a model call)")

    def _check_model(self, tool: str, operation: Operation, args: tuple[Any, ...]) -> None:
        if operation.name == "recorded":
            return  # an answer from a file of the user; nobody is asked
        request = args[0]
        provider, model = request["provider"], request.get("model")
        named = provider if model is None else f"{provider}:{model}"
        scopes = self.policy.scopes["llm"]
        covering = [scope for scope in scopes if _covers_model(scope.value, provider, model)]
        if not self.policy.allows:
            if covering:
                self._refuse_denied(tool, f"llm of {named}", f"llm={covering[0].shown}")
        elif not covering:
            self._refuse_outside(tool, "llm", named, "models")

    # --- variables, modules, programs ---------------------------------------------------------------------------------------

    def _check_text(self, tool: str, effect: str, text: str | None) -> None:
        """A scope of a variable or a Python module; text is None for what no scope is about."""
        kind = "variables" if effect == "env" else "modules"
        scopes = self.policy.scopes[effect]
        if text is None:
            if self.policy.allows:
                listed = ", ".join(scope.shown for scope in scopes)
                why = f"it needs more of {effect} than the allowed {kind} ({listed})"
                refused(tool, why, f"Allow it with: --allow {effect}")
            return
        covering = [scope for scope in scopes if _covers_text(effect, scope.value, text)]
        if not self.policy.allows:
            if covering:
                self._refuse_denied(tool, f"{effect} of {text}", f"{effect}={covering[0].shown}")
        elif not covering:
            self._refuse_outside(tool, effect, text, kind)

    def _check_program(self, tool: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        program, words, directory, environment, options = args
        place = _found_program(program, directory)
        scopes = self.policy.scopes["process"]
        covering = [scope for scope in scopes if scope.value == place or self._is_same_program(scope, place)]
        if not self.policy.allows:
            if covering:
                self._refuse_denied(tool, f"process {program}", f"process={covering[0].shown}")
            return args
        if not covering:
            self._refuse_outside(tool, "process", place, "programs")
        for name in environment:
            loads = name.startswith(_LOADING) or name in _LOADING_WHOLE
            if loads and environment[name] is not None and not self._is_variable_listed(name):
                why = f"process {program} with the variable {name}, by which it may run other code, is not allowed"
                refused(tool, why, f"Allow it with: --allow env={name}")
        return place, words, directory, environment, options

    def _is_same_program(self, scope: Scope, place: str) -> bool:
        """For denying: whether a program is another name of a denied one."""
        return not self.policy.allows and is_same_or_within(os.path.realpath(place), os.path.realpath(scope.value))

    def _is_variable_listed(self, name: str) -> bool:
        return any(scope.value == name for scope in self.policy.scopes.get("env", ()))

    def _with_variables(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """A program gets no variable that this one may not read, but PATH."""
        scopes = self.policy.scopes.get("env")
        if scopes is None and not (not self.policy.allows and "env" in self.policy.effects):
            return args
        program, words, directory, environment, options = args
        listed = {scope.value for scope in scopes or ()}
        hidden = {name: None for name in os.environ if name != "PATH" and (name in listed) != self.policy.allows}
        if scopes is None:
            hidden = {name: None for name in os.environ if name != "PATH"}
        return program, words, directory, {**hidden, **environment}, options

    def policy_for_children(self) -> Policy:
        """The policy as a child process gets it, in which the imports stay those of this project."""
        policy = self.policy
        if not policy.is_by_effect:
            return policy
        return replace(policy, import_root=self.import_root())


def _first(effects: frozenset[str] | set[str]) -> str:
    return next(effect for effect in CONFINED if effect in effects)


def _subject(operation: Operation, args: tuple[Any, ...]) -> str:
    """What an operation touches, for people."""
    effect = operation.effect
    first = args[0] if args else None
    if effect == "net" and isinstance(first, dict):
        return f"net to {shown_place(first['host'], first['port'])}"
    if effect == "llm" and isinstance(first, dict) and "provider" in first:
        return f"llm of {first['provider']}"
    if effect in ("env", "process", "python") and isinstance(first, str):
        return f"{effect} of {first}" if effect != "process" else f"process {first}"
    return f"{effect} by {operation.name}"


def _covers(scope: Scope, place: str, effect: str) -> bool:
    return is_within(place, scope.value) or (effect == "fs.write" and is_partial_of(place, scope.value))


def _covers_model(scope: str, provider: str, model: str | None) -> bool:
    name, colon, wanted = scope.partition(":")
    return name == provider and (not colon or model is None or wanted == model)


def _covers_text(effect: str, scope: str, text: str) -> bool:
    return text == scope or (effect == "python" and text.startswith(f"{scope}."))


def _found_program(program: str, directory: str | None) -> str:
    """The absolute path of the program that a name or a path starts, now and here."""
    import shutil

    if not program or "\0" in program:
        return program
    if "/" not in program:
        found = shutil.which(program)
        return place_of_program(found) if found is not None else program
    return place_of_program(os.path.join(directory or ".", program))
