"""Print the lines that freeze the built versions with their sheets as they are."""

from singlearm import step
from singlearm.sheets.layers import layer_sha256


def run(inputs, outputs, params):  # noqa: ARG001
    step.tell(freeze_lines(params.layers))


def freeze_lines(layers):
    """Lines of the protocol: each version with the checksums of its layers."""
    lines = [
        "# config/config.yaml: add these keys to the versions that shall not change any more",
        "",
    ]
    for version, folders in layers.items():
        lines += [f'  "{version}":', "    frozen: true", "    sha256:"]
        lines += [f"      {folder}: {layer_sha256(folder)}" for folder in folders]
    return lines


if __name__ == "__main__":
    step.main(snakemake, run)
