# The workflow in its locked environment, for the review that is mounted at /review:
#   docker build -t singlearm .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/review" singlearm                  everything
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/review" singlearm --cores 1 check  a target
# With podman without root leave out `--user`: there the container's root is you.
# Debian 12, for its Python is that of envs/python.yaml.
FROM debian:bookworm-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

# Before the workflow: a change of it does not install the environment anew.
COPY envs/ /opt/singlearm/envs/
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes -r /opt/singlearm/envs/requirements.lock

# All that an archive holds beside the review's own files (`house_files`, `about_files` in inputs.smk).
COPY Snakefile Makefile Dockerfile pyproject.toml /opt/singlearm/
COPY README.md CONTRIBUTING.md CHANGELOG.md LICENSE CITATION.cff /opt/singlearm/
COPY config/README.md /opt/singlearm/config/
COPY workflow/ /opt/singlearm/workflow/
COPY profiles/ /opt/singlearm/profiles/
COPY docs/ /opt/singlearm/docs/
COPY tests/ /opt/singlearm/tests/
# Who runs it may not write there, and each job would compile what it imports.
RUN /opt/venv/bin/python -m compileall -q /opt/singlearm/workflow/scripts

# For any user, also one without an entry in /etc/passwd: a name, and a folder for caches.
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp USER=review LANG=C.UTF-8
WORKDIR /review
ENTRYPOINT ["snakemake", "--snakefile", "/opt/singlearm/Snakefile"]
CMD ["--cores", "4"]
