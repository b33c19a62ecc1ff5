"""Words of searching and of a specimen's page: clocks, elements of a SPREC code, fields that a correction changes."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "not_started": N_("not started"),
    "running": N_("running"),
    "met": N_("met"),
    "breached": N_("not met"),
    "before_spin": N_("time and temperature before the first spin"),
    "first_spin": N_("first spin"),
    "second_spin": N_("second spin"),
    "after_spin": N_("time and temperature after the spin"),
    "warm_ischaemia": N_("warm ischaemia"),
    "cold_ischaemia": N_("cold ischaemia"),
    "fixation": N_("fixation"),
    "fixation_time": N_("time in fixative"),
    "collection": N_("collection"),
    "container": N_("container"),
    "storage_condition": N_("how it is stored"),
    "happened_at": N_("time"),
    "pieces": N_("pieces"),
    "body_site": N_("body site"),
    "side": N_("side"),
    "reason_code": N_("reason"),
    "force_g": N_("force, g"),
    "minutes": N_("minutes"),
    "temperature_tenths_c": N_("temperature, tenths of °C"),
    "cells": N_("cells"),
    "viability_percent": N_("viability, %"),
    "haemolysis": N_("haemolysis grade"),
    "haemolysis_grade": N_("haemolysis grade"),
    "volume_ul": N_("volume, µl"),
}
