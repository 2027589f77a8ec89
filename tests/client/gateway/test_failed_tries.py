"""How often somebody may try what is no entry."""

from __future__ import annotations

from evenly_client.gateway.failed_tries import FROM_ONE_ADDRESS, IN_ALL, FailedTries


def test_an_address_that_failed_ten_times_waits_a_minute() -> None:
    """Others do not wait with it."""
    now = 0.0
    tries = FailedTries(lambda: now)
    for _ in range(FROM_ONE_ADDRESS):
        assert not tries.too_many("192.0.2.1")
        tries.note("192.0.2.1")
    assert tries.too_many("192.0.2.1")
    assert not tries.too_many("192.0.2.2")
    now = 59.9
    assert tries.too_many("192.0.2.1")
    now = 60.1
    assert not tries.too_many("192.0.2.1")


def test_the_whole_network_of_an_ipv6_address_is_one_address() -> None:
    """Its /64 is what one household or one attacker has; an IPv4 address stays itself however it is written."""
    tries = FailedTries(lambda: 0.0)
    for n in range(FROM_ONE_ADDRESS):
        tries.note(f"2001:db8::{n}")
        tries.note("::ffff:192.0.2.1")
    assert tries.too_many("2001:db8::ffff")
    assert not tries.too_many("2001:db8:0:1::1")
    assert tries.too_many("192.0.2.1")
    assert not tries.too_many("::ffff:192.0.2.2")


def test_all_together_may_fail_fifty_times_a_second() -> None:
    """From however many addresses."""
    now = 0.0
    tries = FailedTries(lambda: now)
    for n in range(IN_ALL):
        tries.note(f"198.51.100.{n}")
    assert tries.too_many("192.0.2.1")
    now = 1.1
    assert not tries.too_many("192.0.2.1")
