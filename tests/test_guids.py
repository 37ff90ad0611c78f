"""GUIDs are well-formed, and none comes twice."""

import uuid

from gateway.guids import new_guid


def test_guids_are_random_ones_and_each_is_new():
    guids = [new_guid() for _ in range(1000)]

    assert len(set(guids)) == 1000
    for guid in guids:
        assert str(uuid.UUID(guid)) == guid
        assert (uuid.UUID(guid).version, uuid.UUID(guid).variant) == (4, uuid.RFC_4122)
