# Needs: the protocol as read. Makes: a stop with every fault of it, before any key is used.
import difflib
import json
from pathlib import Path

import jsonschema

PROTOCOL_SCHEMA = HOUSE / "workflow/schemas/config.schema.json"


def near_key(error):
    """A hint for an unknown key: the near one, or all that are allowed."""
    if error.validator != "additionalProperties" or not isinstance(
        error.instance, dict
    ):
        return ""
    allowed = list(error.schema.get("properties", {}))
    unknown = [key for key in error.instance if key not in allowed]
    hints = []
    for key in unknown:
        near = difflib.get_close_matches(str(key), allowed, n=1)
        hints.append(
            f"did you mean '{near[0]}' for '{key}'?"
            if near
            else f"'{key}' is not a key here"
        )
    return f" ({'; '.join(hints)} Allowed: {', '.join(allowed)}.)"


def fault_of(error):
    """What the schema says is wrong; a key that another key rules out is called so."""
    if error.validator == "not":
        return f"not a key beside the others here (found {error.instance!r})"
    return error.message


def schema_faults(protocol):
    """One line for each place where the protocol does not fit its schema."""
    schema = json.loads(PROTOCOL_SCHEMA.read_text(encoding="utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(protocol)
    return [
        f"{' > '.join(map(str, error.absolute_path)) or 'protocol'}: {fault_of(error)}{near_key(error)}"
        for error in sorted(
            errors, key=lambda error: list(map(str, error.absolute_path))
        )
    ]


def reference_faults(protocol):
    """One line for each name in the protocol that names nothing."""
    models = [name for name in protocol["models"] if name != "primary"]
    versions, subgroups = list(protocol["versions"]), list(
        protocol.get("subgroups", {})
    )
    # arms taken together are for a look beside the main analyses
    single = [name for name in models if "cluster" not in protocol["models"][name]]
    named = [
        ("models > primary", protocol["models"]["primary"], single),
        ("paper_model", protocol["paper_model"], single),
    ]
    named += [("permutation", name, single) for name in protocol.get("permutation", [])]
    named += [("build", name, versions) for name in protocol["build"]]
    for name, version in protocol["versions"].items():
        if "compare_with" in version:
            others = [other for other in versions if other != name]
            named.append(
                (f"versions > {name} > compare_with", version["compare_with"], others)
            )
    updated = [n for n, v in protocol["versions"].items() if "compare_with" in v]
    for section in ("subgroups", "moderators"):
        for name, entry in protocol.get(section, {}).items():
            for key, allowed in (("versions", versions), ("models", single)):
                place = f"{section} > {name} > {key}"
                named += [(place, value, allowed) for value in entry.get(key, [])]
    multiverse = protocol.get("multiverse", {})
    for name, chosen in multiverse.get("include", {}).items():
        named += [
            (f"multiverse > include > {name} > versions", v, versions)
            for v in chosen.get("versions", [])
        ]
    for column, outcomes in multiverse.get("denominators", {}).items():
        named += [
            (f"multiverse > denominators > {column}", o, list(protocol["outcomes"]))
            for o in outcomes
        ]
    forest = protocol.get("figures", {}).get("forest", {})
    if "by" in forest:
        named.append(("figures > forest > by", forest["by"], subgroups))
    faults = []
    if updated and "changes" not in protocol:
        faults.append(
            f"versions > {updated[0]} > compare_with: the protocol needs `changes`, "
            "which says when a conclusion counts as changed"
        )
    for place, name, allowed in named:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            faults.append(
                f"{place}: '{name}' is none of: {', '.join(allowed) or 'nothing'}.{hint}"
            )
    return faults


def validate_protocol(protocol):
    """Stop with all faults of the protocol at once."""
    faults = schema_faults(protocol) or reference_faults(protocol)
    if faults:
        raise WorkflowError("The protocol (config/config.yaml) has faults:", *faults)
