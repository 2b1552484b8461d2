"""The types of the medicine are there at run time: a compiled build reads them, and so do others."""

import pkgutil
from importlib import import_module
from inspect import isclass, isfunction
from typing import get_type_hints

import pytest

import tdm

MODULES = sorted(module.name for module in pkgutil.walk_packages(tdm.__path__, "tdm."))


@pytest.mark.parametrize("name", MODULES)
def test_every_annotation_can_be_read_while_the_service_runs(name):
    module = import_module(name)
    own = [
        one for one in vars(module).values() if (isclass(one) or isfunction(one)) and one.__module__ == name
    ]
    methods = [method for one in own if isclass(one) for method in vars(one).values() if isfunction(method)]
    for one in (*own, *methods):
        get_type_hints(one)  # raises where only the type checker sees a name
