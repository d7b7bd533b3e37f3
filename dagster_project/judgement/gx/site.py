"""Data Docs that need neither scripts nor a network; named in the project's configuration.

Great Expectations' pages load style sheets and scripts from five content-delivery networks, and
their lists are tables that a script fills. Whoever looks at a county's figures should not tell
anybody, and a server room has no network: the lists are written as rows, the styles are ours.
This module imports Great Expectations.
"""

from __future__ import annotations

from pathlib import Path

from great_expectations.render.renderer.site_builder import SiteBuilder
from jinja2 import ChoiceLoader, FileSystemLoader

from dagster_project.judgement.gx.data_docs import make_self_contained

_TEMPLATES = Path(__file__).with_name("templates")


class SelfContainedSite(SiteBuilder):
    """Great Expectations' site with our template of a list, made self-contained when built."""

    # Great Expectations gives what the signature names.
    def __init__(
        self, data_context, store_backend, site_name=None, runtime_environment=None, **options
    ) -> None:
        super().__init__(
            data_context,
            store_backend,
            site_name=site_name,
            runtime_environment=runtime_environment,
            **options,
        )
        for builder in (*self.site_section_builders.values(), self.site_index_builder):
            environment = builder.view_class.env
            ours = FileSystemLoader(_TEMPLATES)
            environment.loader = ChoiceLoader([ours, *environment.loader.loaders])

    def build(self, *args, **options):
        """Write the pages; see ``SiteBuilder.build``."""
        built = super().build(*args, **options)
        backend = self.store_backend
        root = Path(self.data_context.root_directory or ".")
        make_self_contained(root / backend["base_directory"])
        return built
