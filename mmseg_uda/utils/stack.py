"""Say what is missing or too old in the installed stack, and which command fixes it."""

from importlib import metadata

# import name -> (distributions that provide it with their lowest supported version, command that installs it)
REQUIRED: dict[str, tuple[dict[str, str], str]] = {
    'torch': ({'torch': '2.6'}, "pip install 'torch>=2.6'"),
    'mmengine': (
        {'onedl-mmengine': '0.10.12', 'mmengine': '0.10.7'},
        "pip install 'onedl-mmengine>=0.10.12'",
    ),
    'mmcv': ({'onedl-mmcv': '2.3.6', 'mmcv': '2.1.0'}, "pip install 'onedl-mmcv>=2.3.6'"),
    'mmseg': (
        {'onedl-mmsegmentation': '1.4.2', 'mmsegmentation': '1.2.2'},
        "pip install 'onedl-mmsegmentation>=1.4.2'",
    ),
}


def _older(version: str, lowest: str) -> bool:
    from packaging.version import Version  # comes with the stack: whoever has nothing yet shall read what to install

    return Version(version) < Version(lowest)


def check_stack() -> None:
    """Check the versions of torch, mmengine, mmcv and mmseg from their metadata, without importing them.

    Raises:
        ImportError: A package is missing or too old. The message names every problem and the command that fixes it.
    """
    problems = []
    for name, (distributions, command) in REQUIRED.items():
        found = {}
        for distribution in distributions:
            try:
                found[distribution] = metadata.version(distribution)
            except metadata.PackageNotFoundError:
                continue
        if not found:
            problems.append(f'{name} is not installed: {command}')
        elif len(found) > 1:
            problems.append(
                f'{" and ".join(found)} both provide `{name}`: pip uninstall -y {" ".join(found)}; {command}'
            )
        else:
            ((distribution, version),) = found.items()
            lowest = distributions[distribution]
            if _older(version, lowest):
                problems.append(
                    f"{distribution} {version} is older than {lowest}: pip install '{distribution}>={lowest}'"
                )
    if problems:
        raise ImportError('mmseg_uda cannot run on this installation:\n  ' + '\n  '.join(problems))
