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
PROTOCOL_FILE = Path(
    workflow.overwrite_configfiles[0]
    if workflow.overwrite_configfiles
    else "config/config.yaml"
)


def stop_with(faults):
    """Stop with all faults of the protocol at once."""
    if faults:
        raise WorkflowError(f"The protocol ({PROTOCOL_FILE}) has faults:", *faults)


def validate_protocol(protocol):
    """Stop with all faults of the protocol at once; else put the defaults in, in place."""
    texts = protocol_file.as_texts(protocol)
    stop_with(protocol_file.schema_faults(texts, PROTOCOL_SCHEMA))
    try:
        complete = protocols.complete(texts)
    except ValueError as error:
        stop_with([str(error)])
    stop_with(protocol_file.reference_faults(complete))
    protocol.clear()
    protocol.update(complete)


# Before the file is read as configuration: slips that YAML hides.
if PROTOCOL_FILE.exists():
    stop_with(protocol_file.file_faults(PROTOCOL_FILE))
