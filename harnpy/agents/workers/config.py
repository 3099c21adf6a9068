"""What `spawn_agent` is told: the work of one worker and the conditions that it works under (chapter 13 section 13.15.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harnpy.agents.artifacts import CONTEXT_POLICY, Artifact, context_policy, read_artifacts, select
from harnpy.agents.capability import CapabilityPolicy
from harnpy.agents.records import Table, converted_briefly
from harnpy.agents.stage_nodes import MUTATION_SESSION, PROFILE, read_node
from harnpy.agents.workers.policies import below_parent, requested_policy
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

STAGE = "stage"
WORKFLOW = "workflow"

_DEFAULT_NAME = "worker"
_INHERIT = "inherit"
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Carry:
    """What a worker takes into its next task, and whether it is written down."""

    artifact_mode: str = _INHERIT
    context_policy: dict[str, Value] = field(default_factory=context_policy)
    resume_workflow: bool = True
    persist_state: bool = True

    def over(self, artifacts: list[Artifact]) -> list[Artifact]:
        """The produced artifacts that the next task begins with."""
        if self.artifact_mode == _NONE:
            return []
        return artifacts if self.context_policy == context_policy() else select(artifacts, self.context_policy)


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """One worker to be. audit is the mutation session as far as the program has said; policy is already below the parent's."""

    task: str
    name: str
    node: dict[str, Value]
    artifacts: list[Artifact]
    transcript: Value
    wait: bool
    policy: CapabilityPolicy | None
    carry: Carry
    profile: dict[str, Value]
    audit: dict[str, Value]


def read_config(fiber: Fiber, config: Value) -> WorkerConfig:
    """The configuration of a worker that fiber starts. Raises the runtime errors of spawn_agent, in its order."""
    if config is MISSING:
        raise runtime_error("spawn_agent: missing config")
    if type(config) is not dict:
        raise runtime_error("spawn_agent: config must be a dict")
    task = _shown(config.get("task"))
    if not task.strip(WHITE_SPACE):
        raise runtime_error("spawn_agent: config.task is required")
    given_carry = config.get("carry")
    carry: dict[str, Value] = given_carry if type(given_carry) is dict else {}
    carried = _carry(carry)
    policy = below_parent(fiber, requested_policy(config, carry), "spawn_agent")
    profile = _part(PROFILE, config, "execution", "worker execution parse error")
    audit = _part(MUTATION_SESSION, config, "audit", "worker audit parse error")
    if config.get("graph") is not None:
        raise workflows_missing("spawn_agent")
    if config.get("node") is None:
        raise runtime_error("spawn_agent: config requires either graph or node")
    return WorkerConfig(
        task=task,
        name=_shown(config.get("name")) or _DEFAULT_NAME,
        node=read_node(config["node"], "spawn_agent node"),
        artifacts=read_artifacts(fiber, config.get("artifacts")),
        transcript=config.get("transcript"),
        wait=config.get("wait") is True,
        policy=policy,
        carry=carried,
        profile=profile,
        audit=audit,
    )


def workflows_missing(name: str) -> HarnError:
    """The runtime error of a worker that would run a workflow graph."""
    return runtime_error(f"{name}: workflow graphs are not part of this version; give a node for one stage instead")


def _carry(carry: dict[str, Value]) -> Carry:
    artifacts = carry.get("artifacts")
    given = carry["context_policy"] if "context_policy" in carry else artifacts if type(artifacts) is dict else {}
    mode = _shown(carry.get("artifact_mode")) or ("" if type(artifacts) is dict else _shown(artifacts))
    return Carry(
        artifact_mode=mode or _INHERIT,
        context_policy=converted_briefly(CONTEXT_POLICY, given, "context policy parse error"),
        resume_workflow=carry.get("resume_workflow") is not False,
        persist_state=carry.get("persist_state") is not False,
    )


def _part(table: Table, config: dict[str, Value], key: str, prefix: str) -> dict[str, Value]:
    return converted_briefly(table, config.get(key, {}), prefix)


def _shown(value: Value) -> str:
    return "" if value is None else display(value)
