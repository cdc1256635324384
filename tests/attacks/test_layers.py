"""Each layer switched off by itself, and the attack that then succeeds: what no attack shows is named as depth."""

from __future__ import annotations

import pytest

from autograder import session, stand_in
from autograder.check import PASSED
from autograder.jail import Jail, Limits, WorkerDied, levels
from autograder.jail import jail as jail_module
from autograder.jail.inside import linux
from tests.attacks import cheating, denial, forging, hunting
from tests.attacks.attack import DENIED, REACHED, ZERO, Attack

# Layers that others stand behind, so that switching one of them off shows nothing, and why they stay.
DEPTH = {
    "the file system of its own": "Landlock stops reading too; it hides what Landlock cannot, that a path exists",
    "Landlock inside namespaces": "every file that it hides is not there either; tests/jail shows it by itself, on a "
    "device that may be written to, and it is all that there is at level landlock",
    "the throw-away user": "an escape would end as nobody; as root the grader would be lost",
    "no capabilities, no-new-privs": "nothing in the jail asks for rights; kernel faults do",
    "the grader is not dumpable": "its memory cannot be seen from another pid namespace; it protects at level landlock",
    "nonces": "a forged frame is an answer at best; with them it is noticed and told",
    "points and locked cells from the release": "the engine reads neither from the submission",
}

ATTACKS = {a.name: a for table in (cheating, denial, forging) for a in table.ATTACKS}


@pytest.fixture
def opened_without(opened, monkeypatch):
    """``opened_without(level, change)``: a jail whose configuration was changed; its self-test has been passed."""
    jails = []

    def get(change, level=None):
        level = opened(level).level
        assert level in levels._passed
        original = jail_module.Zygote._config

        def config(self, shown):
            found = original(self, shown)
            change(found)
            return found

        monkeypatch.setattr(jail_module.Zygote, "_config", config)
        jails.append(Jail(level))
        return jails[-1]

    yield get
    for jail in jails:
        jail.close()


def test_without_seccomp_it_can_fork(opened_without, grade):
    jail = opened_without(lambda config: config.update(programs={"alone": "", "shared": ""}))
    assert REACHED in grade(jail, ATTACKS["forks"]).printed


@pytest.mark.parametrize("kept", ["namespaces", "landlock", "program", None])
def test_signals_need_three_layers_off_to_reach_other_workers(kept, opened, opened_without):
    """A pid namespace, Landlock's scope (its sixth version) and the filter: each alone is enough."""
    if opened(None).level == "landlock":
        pytest.skip("outside of every pid namespace this would end all processes of this user")
    if kept == "landlock" and linux.landlock_version() < 6:
        pytest.skip("this kernel's Landlock does not know about signals")

    def change(config):
        config["plan"]["namespaces"] &= kept == "namespaces"
        config["plan"]["landlock"] &= kept == "landlock"
        if kept != "program":
            config["programs"]["shared"] = config["programs"]["alone"]

    jail = opened_without(change)
    with jail.spawn() as other, jail.spawn() as worker:
        try:
            worker.run_cell("import os\nos.kill(-1, 9)", "cell", timeout=5)
            assert other.has("display") and kept
        except WorkerDied:
            assert not kept


def test_without_limits_it_takes_memory(opened, grade, monkeypatch):
    monkeypatch.setattr(jail_module, "Limits", lambda: Limits(memory=1 << 40))
    assert REACHED in grade(opened(None), ATTACKS["takes memory at once"]).printed


def test_without_a_limit_of_threads_a_thousand_start(opened, grade, monkeypatch):
    monkeypatch.setattr(jail_module, "Limits", lambda: Limits(memory=1 << 40, tasks=4096))
    monkeypatch.setattr(session, "CELL_SECONDS", 10.0)  # they take a while to start
    assert REACHED in grade(opened(None), ATTACKS["starts a thousand threads"]).printed


def test_without_a_limit_of_the_folder_it_is_filled(opened, grade, monkeypatch):
    if opened(None).level not in ("bubblewrap", "namespaces"):
        pytest.skip("no folder can be written to at this level")
    monkeypatch.setattr(jail_module, "Limits", lambda: Limits(tmp=2 << 30))
    assert REACHED in grade(opened(None), ATTACKS["fills the disk"]).printed


def gain(jail, grade, name: str) -> float:
    attack = ATTACKS[name]
    return grade(jail, attack).points - grade(jail, attack, honest=True).points


@pytest.mark.parametrize(
    "name",
    [
        "replays how the reference drove its steps",
        "replays it after a small mistake elsewhere",
        "tells its step what to answer",
        "bends its forward function to its gradient",
    ],
)
def test_without_a_worker_for_the_parts_collusion_pays(name, opened, grade, monkeypatch):
    assert gain(opened(None), grade, name) <= 0
    monkeypatch.setattr(session.Session, "parts", session.Session.worker)
    assert gain(opened(None), grade, name) > 0


def test_without_a_look_at_unheard_lines_the_script_pays(opened, grade, monkeypatch):
    name = "reads the stand-ins' script"
    assert gain(opened(None), grade, name) <= 0
    monkeypatch.setattr(stand_in, "_idle", lambda *_: True)
    assert gain(opened(None), grade, name) > 0


def test_a_secret_in_the_worker_would_be_found(opened, grade):
    """The control of an attack that finds nothing: what it looks for is found where it is."""
    attack = Attack("", DENIED, cheating.PLANTED + cheating.SEARCH)
    seen = grade(opened(None), attack)
    assert REACHED in seen.printed and seen.result.checks[0].status == PASSED


def test_expected_values_in_the_worker_would_be_found(opened, grade):
    """Another control: the hunt for arrays gains nothing, and all points where the right ones are left behind."""
    hunt = hunting.ATTACKS[0]
    planted = Attack("", ZERO, hunting.PLANTED, hunt.functions)
    assert (grade(opened(None), hunt).points, grade(opened(None), planted).points) == (0, 7)
