# Needs: config/config.yaml. Makes: a stop with every fault of the protocol before any key is used,
# and the protocol in force: the file's with the defaults for what it leaves out.
import sys
from pathlib import Path

HOUSE = Path(workflow.current_basedir).parents[1]
sys.path.insert(0, str(HOUSE / "workflow/scripts"))

from singlearm.sheets import codebook as codebooks
from singlearm.sheets import protocol as protocols
from singlearm.sheets import protocol_file

PROTOCOL_SCHEMA = HOUSE / "workflow/schemas/config.schema.json"
#: Files of the command line (--configfile); what a later one says goes before.
GIVEN_FILES = list(map(Path, workflow.overwrite_configfiles or []))
PROTOCOL_FILE = GIVEN_FILES[0] if GIVEN_FILES else Path("config/config.yaml")
PROTOCOL_FILES = [
    path for path in [Path("config/config.yaml"), *GIVEN_FILES] if path.exists()
]


def stop_with(faults):
    """Stop with all faults of the protocol at once."""
    if faults:
        named = ", ".join(dict.fromkeys(map(str, PROTOCOL_FILES or [PROTOCOL_FILE])))
        raise WorkflowError(f"The protocol ({named}) has faults:", *faults)


def validate_protocol(protocol):
    """Stop with all faults of the protocol at once; else put the defaults in, in place."""
    texts = protocol_file.as_texts(protocol)
    stop_with(protocol_file.schema_faults(texts, PROTOCOL_SCHEMA, PROTOCOL_FILES))
    try:
        complete = protocols.complete(texts)
    except ValueError as error:
        stop_with([str(error)])
    stop_with(protocol_file.reference_faults(complete))
    protocol.clear()
    protocol.update(complete)


# Before the file is read as configuration: slips that YAML hides.
stop_with(
    [fault for path in PROTOCOL_FILES for fault in protocol_file.file_faults(path)]
)
