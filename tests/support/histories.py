"""Random histories of one lake: runs, manual ranges, scopes, edits, full builds, in any order."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from support.simulation import ONE_DAY, Simulation

RULES = (
    '[[include]]\nproject = "facebook*"',
    '[[include]]\nsection = "Tours"\ntitle = "*"',
    '[[exclude]]\ntitle = "Title ?*"',
    '[[exclude]]\nproject = "Website"\ntitle = "*1*"',
    '[[exclude]]\ntitle = "*"',
)
"""What a user may write to narrow the tables of the account ``tiny``; titles change in a history."""


class History:
    """Draws and takes steps; ``steps`` tells what was done, for the message of a failure."""

    def __init__(self, account: Simulation, seed: int, *, limited: bool = False) -> None:
        self.account = account
        self.limited = limited
        """Whether some runs may make only so many requests."""
        self.random = Random(seed)
        self.steps: list[str] = []
        self.settings: dict[str, Any] = {}
        self._medias = list(account.sandbox.world.medias)

    def step(self) -> None:
        """One random step: the world moves on, perhaps changes, and somebody runs the pipeline."""
        random, account = self.random, self.account
        account.at(account.now + timedelta(minutes=random.choice([0, 7, 61, 300, 1440, 1440, 1440, 2000, 6000])))
        if random.random() < 0.3:
            # Later than the last look: the truth cannot tell before from after at one instant.
            account.at(account.now + timedelta(minutes=1))
            self._edit()
        if random.random() < 0.25:
            self.settings = {"media_ids": tuple(random.sample(self._medias, random.choice([0, 1, len(self._medias)])))}
        if random.random() < 0.3:
            account.rules = "\n".join(random.sample(RULES, random.choice([0, 1, 1, 2])))
        limits = {"max_requests": random.randrange(10, 60)} if self.limited and random.random() < 0.5 else {}
        if random.random() < 0.25:
            last = account.today - random.randrange(0, 9) * ONE_DAY
            first = last - random.randrange(0, 4) * ONE_DAY
            self._note(f"run --from {first} --to {last} {limits or ''}")
            account.run(first, last, **self.settings, **limits)
        else:
            self._note(f"run {limits or ''}")
            account.run(**self.settings, **limits)

    def _edit(self) -> None:
        world, now, media_id = self.account.sandbox.world, self.account.now, self.random.choice(self._medias)
        kind = self.random.choice(["rename", "duration", "duration", "delete", "restore"])
        if world.media_at(media_id, now) is None:
            return
        self._note(f"{kind} {media_id}")
        if kind == "rename":
            world.rename(media_id, f"Title {self.random.randrange(1000)}", now)
        elif kind == "duration":
            world.set_duration(media_id, self.random.choice([None, 60.0, 312.456]), now)
        elif kind == "delete":
            world.delete(media_id, now)
        else:
            world.restore(media_id, now)

    def _note(self, what: str) -> None:
        self.steps.append(f"{self.account.now:%m-%d %H:%M} {what} {self.settings or ''} {self.account.rules!r}")

    def assert_holds(self) -> None:
        """Every table is the truth, and a build of everything from bronze gives the same cells."""
        told = "\n".join(self.steps)
        wrong = self.account.differences(**self.settings)
        assert not wrong, f"{told}\n" + "\n".join(f"{table}: {difference}" for table, difference in wrong.items())
        before = self.account.tables()
        self.account.build(full=True, **self.settings)
        for name, rows in self.account.tables().items():
            assert rows.equals(before[name]), f"{told}\n{name}: a full build differs from the incremental one"
