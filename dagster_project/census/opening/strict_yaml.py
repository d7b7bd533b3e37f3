"""YAML that people of other offices wrote: read without what makes it dangerous or ambiguous."""

from __future__ import annotations

from typing import Any

import yaml

from dagster_project.messages import MessageError

MOST_BYTES = 200_000  # it is written by hand; more would take longer to read than a load may wait


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice; yaml itself would silently keep the last one.

    Also refuses aliases: a few lines of them unfold into more than the memory holds.
    """

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not used here",
                problem_mark=self.peek_event().start_mark,
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


class YamlInvalid(MessageError, ValueError):
    """A text that is not the plain YAML that is read here."""


def lines_of(data: bytes) -> dict[str, int]:
    """The line (from 1) of every key, by its path: ``fields.pupils.columns``.

    Of maps within lists too, under the path of the list.
    """
    found: dict[str, int] = {}

    def walk(node: yaml.Node | None, path: str) -> None:
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                walk(item, path)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                own = f"{path}.{key.value}" if path else str(key.value)
                found.setdefault(own, key.start_mark.line + 1)
                walk(value, own)

    walk(yaml.compose(data.decode("utf-8-sig"), Loader=_Loader), "")
    return found


def read(data: bytes) -> dict[Any, Any]:
    """The map that the yaml text ``data`` is; raises :class:`YamlInvalid`."""
    if len(data) > MOST_BYTES:
        raise YamlInvalid("profile.too_large", most=MOST_BYTES // 1000)
    try:
        content = yaml.load(data.decode("utf-8-sig"), Loader=_Loader)
    except UnicodeDecodeError as error:
        raise YamlInvalid("profile.not_utf8") from error
    except RecursionError as error:
        raise YamlInvalid("profile.nested_too_deeply") from error
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise YamlInvalid("profile.no_valid_yaml", error=" ".join(str(error).split())) from error
    if not isinstance(content, dict):
        raise YamlInvalid("profile.must_be_a_map")
    return content
