"""Package set-up: the default stack is the maintained ``onedl-*`` continuation of OpenMMLab.

``MMSEG_UDA_STACK=upstream pip install -e '.[upstream]'`` leaves the default stack out and installs
upstream mmcv, mmengine and mmsegmentation instead. Both stacks own the import names ``mmcv``,
``mmengine`` and ``mmseg``, so one environment can hold only one of them.
"""

import os
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent


def read_requirements(name: str) -> list[str]:
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines()
    return [line for line in map(str.strip, lines) if line and not line.startswith('#')]


def read_version() -> str:
    namespace: dict[str, str] = {}
    exec((ROOT / 'mmseg_uda' / 'version.py').read_text(), namespace)
    return namespace['__version__']


runtime = read_requirements('runtime')
if os.environ.get('MMSEG_UDA_STACK') != 'upstream':
    runtime += read_requirements('onedl')

setup(
    name='mmseg_uda',
    version=read_version(),
    description='Unsupervised domain adaptation for MMSegmentation 1.x',
    long_description=(ROOT / 'README.md').read_text(),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=['mmseg_uda', 'mmseg_uda.*']),
    # .mim holds links to configs/, tools/ and model-index.yml, which a wheel carries as files, where MMSeg's does too.
    package_data={'mmseg_uda': ['py.typed', '.mim/**/*']},
    exclude_package_data={'mmseg_uda': ['.mim/**/__pycache__/*']},
    entry_points={'console_scripts': ['mmseg-uda=mmseg_uda.cli:main']},
    install_requires=runtime,
    extras_require={
        'upstream': read_requirements('upstream'),
        'tests': read_requirements('tests') + read_requirements('onnx'),
        'onnx': read_requirements('onnx'),
    },
)
