"""Instances, each an object of a class: a scene knows by name those it was trained on, a data folder those it holds."""

from __future__ import annotations

from engines.core.data.dataset import Dataset
from engines.core.engine import Scene, instance_control
from engines.core.errors import UserError


def trained_instances(scene: Scene) -> tuple[str, ...]:
    """Their names, in the control's order; empty where there is only one scene."""
    control = instance_control(scene)
    return control.choices if control is not None else ()


def find_choice(scene: Scene, dataset: Dataset, number: int) -> int | None:
    """The control's value for the folder's object `number`; None where the scene has not learnt it."""
    names = trained_instances(scene)
    if not names:
        # Which of several it is, nobody knows.
        return 0 if len(dataset.instances) <= 1 else None
    if not dataset.instances:
        return number if number < len(names) else None
    name = dataset.instances[number]
    if name in names:
        return names.index(name)
    return number if _nameless(names) and number < len(names) else None


def find_number(scene: Scene, dataset: Dataset, choice: int) -> int | None:
    """The folder's object that the control's value stands for; None where the folder lacks it."""
    names = trained_instances(scene)
    if not names:
        return 0 if len(dataset.instances) <= 1 else None
    if not dataset.instances:
        return 0 if choice == 0 else None
    if choice >= len(names):
        return None
    if names[choice] in dataset.instances:
        return dataset.instances.index(names[choice])
    return choice if _nameless(names) and choice < len(dataset.instances) else None


def _nameless(names: tuple[str, ...]) -> bool:
    """A file of the authors' knows no names; its objects are numbered as in the folder it was trained on."""
    return all(name == str(index) for index, name in enumerate(names))


def choice_of(scene: Scene, dataset: Dataset, number: int) -> int:
    """The control's value for the folder's object `number`, as `find_choice`, but never None.

    Raises:
        UserError: the scene has not learnt the object.
    """
    choice = find_choice(scene, dataset, number)
    if choice is None and not trained_instances(scene):
        raise UserError(
            f"{dataset.source}: holds {len(dataset.instances)} objects, and the checkpoint is of one scene; name the "
            "folder of its object"
        )
    if choice is None:
        name = dataset.instances[number] if dataset.instances else str(number)
        raise UserError(
            f"{dataset.source}: object {name} is not among the {len(trained_instances(scene))} that this checkpoint "
            "has learnt; train its code first (--set freeze_networks=true), or name the folder that belongs to it"
        )
    return choice
