"""Ordinary runs of the code location's jobs, executed in this process: the way of `feedback run`.

A run is made as the daemon makes one, with the origin of its job, so that the UI lists it under its job and anything that reconstructs
jobs (a step launcher) can take it. Not here: what is to be run (pending.py), what a person is told (cli/).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.definitions.reconstruct import ReconstructableJob
    from dagster._core.execution.job_execution_result import JobExecutionResult
    from dagster._core.remote_origin import RemoteJobOrigin

MODULE = "feedback_assets.definitions"
LOCATION = "feedback_assets"
"""Name of the code location in workspace.yaml."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
PARTITION, RANGE_START, RANGE_END = (
    "dagster/partition",
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
)


class Launcher:
    """Runs of one instance, one after the other."""

    def __init__(self, instance: "dg.DagsterInstance") -> None:
        self.instance = instance
        self._jobs: dict[str, ReconstructableJob] = {}

    def job(self, name: str) -> "ReconstructableJob":
        """A job that any process can load again by the module's name."""
        from dagster._core.definitions.reconstruct import ReconstructableRepository

        if name not in self._jobs:
            self._jobs[name] = ReconstructableRepository.for_module(MODULE, "code_location").get_reconstructable_job(name)
        return self._jobs[name]

    def create(self, name: str, selection: "Sequence[dg.AssetKey] | None", tags: Mapping[str, str]) -> "dg.DagsterRun":
        """A run that is not started yet. selection: its assets, all of the job's without."""
        job = self.job(name)
        chosen = job if selection is None else job.get_subset(asset_selection=frozenset(selection))
        return self.instance.create_run_for_job(
            chosen.get_definition(),
            run_config=QUIET,
            tags=tags,
            asset_selection=None if selection is None else frozenset(selection),
            remote_job_origin=self._origin(name),
            job_code_origin=job.get_python_origin(),
        )

    def execute(self, run: "dg.DagsterRun") -> "JobExecutionResult":
        """Executes it here; a step that fails makes a failed run, and raises nothing."""
        from dagster._core.execution.api import execute_run

        return execute_run(self.job(run.job_name), run, self.instance, raise_on_error=False)

    def _origin(self, name: str) -> "RemoteJobOrigin":
        from dagster._core.remote_origin import RemoteJobOrigin

        return RemoteJobOrigin(self._repository, name)

    @cached_property
    def _repository(self):  # type: ignore[no-untyped-def]
        from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
        from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

        target = LoadableTargetOrigin(module_name=MODULE)
        return RemoteRepositoryOrigin(ManagedGrpcPythonEnvCodeLocationOrigin(target, LOCATION), "__repository__")
