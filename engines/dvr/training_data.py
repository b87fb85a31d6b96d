"""What can be trained on: photographs of an object, or of a class, whose silhouettes are known."""

from __future__ import annotations

import numpy as np

from engines.core.data.dataset import Dataset
from engines.core.data.object_masks import has_silhouette, silhouette
from engines.core.data.views import View, Views
from engines.core.errors import UserError
from engines.dvr.config import DvrConfig

LOOKED_AT = 12
"""Masks, evenly spread, that are looked at before the first step; all only where these are empty."""


def unsupported(dataset: Dataset, config: DvrConfig) -> str:
    """Why nothing can be trained on the training photographs, in plain words; "" where something can."""
    views = dataset.split("train").photographed
    if not views:
        return "no training photographs"
    if dataset.time_steps > 1:
        return (
            f"a recording of {dataset.time_steps} time steps, but DVR learns what stands still; give it one "
            "time step, in a folder of its own"
        )
    objects = len(np.unique(views.instances))
    if objects > 1 and not config.c_dim:
        return (
            f"{objects} objects, but c_dim=0 learns one; for a class set an encoder of photographs (--set "
            "encoder=resnet18 --set c_dim=256), or name the folder of one"
        )
    # Of a class with thousands of objects only the first is looked at.
    first = views.of_instance(int(views.instances[0]))
    return _without_silhouettes(first) or _without_what_is_weighed(first, config)


def _without_what_is_weighed(views: Views, config: DvrConfig) -> str:
    """What losses are asked for that the photographs have nothing for."""
    if config.lambda_depth and not config.depth_from_visual_hull and all(view.depth_path is None for view in views):
        return f"lambda_depth={config.lambda_depth:g} needs depth maps (depth/), and there are none"
    if config.lambda_sparse_depth and all(view.seen_points is None for view in views):
        return (
            f"lambda_sparse_depth={config.lambda_sparse_depth:g} needs points that each photograph is known to see "
            "(pcl.npz, or COLMAP's), and there are none"
        )
    return ""


def _without_silhouettes(views: Views) -> str:
    lacking = [view.name for view in views if not has_silhouette(view)]
    if len(lacking) == len(views):
        return (
            "its photographs have neither masks of the object nor transparency, and DVR trains on silhouettes; put "
            "masks beside them (mask/, white on the object)"
        )
    if lacking:
        return f"{len(lacking)} of {len(views)} photographs have no mask, such as {lacking[0]}; each needs one"
    return ""


def of_first_instance(dataset: Dataset) -> tuple[View, ...]:
    """The training photographs of one object, which say where its cube stands."""
    views = dataset.split("train").photographed
    return tuple(views.of_instance(int(views.instances[0])))


def training_photographs(dataset: Dataset, config: DvrConfig) -> Views:
    """Those that are trained on.

    Raises:
        UserError: the data is `unsupported`, or no mask has anything in it.
    """
    if reason := unsupported(dataset, config):
        raise UserError(f"{dataset.source}: {reason}")
    views = dataset.split("train").photographed
    step = -(-len(views) // LOOKED_AT)
    if not any(_shows_something(view) for part in (views[::step], views) for view in part):
        raise UserError(
            f"{dataset.source}: the masks of all {len(views)} photographs are empty; they must be white where the "
            "object is"
        )
    return views


def _shows_something(view: View) -> bool:
    return bool(silhouette(view).any())
