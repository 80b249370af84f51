"""Made `location.mmdb`, once: a MaxMind DB of the address ranges that are reserved for documentation
(RFC 5737, RFC 3849). Needs mmdb_writer 0.2.7 and netaddr of PyPI. What it says of the ranges is made
up. No test runs this."""

from netaddr import IPSet
from mmdb_writer import MMDBWriter


def place(country, *subdivisions):
    said = {"country": {"iso_code": country, "names": {"en": "made up"}}}
    if subdivisions:
        said["subdivisions"] = [{"iso_code": code} for code in subdivisions]
    said["city"] = {"names": {"en": "never to be sealed"}}
    said["location"] = {"latitude": 52.5, "longitude": 13.4}
    return said


writer = MMDBWriter(
    ip_version=6,
    ipv4_compatible=True,
    database_type="Cairn-Test-City",
    description={"en": "addresses for documentation, and made-up places"},
)
writer.insert_network(IPSet(["192.0.2.0/24"]), place("DE", "BE", "XX"))
writer.insert_network(IPSet(["198.51.100.0/25"]), place("US", "CA"))
writer.insert_network(IPSet(["198.51.100.128/25"]), place("GB"))
# What no standard has: not to be taken.
writer.insert_network(IPSet(["203.0.113.0/25"]), place("Germany", "BE"))
writer.insert_network(IPSet(["203.0.113.128/25"]), place("FR", "Paris, 1er"))
writer.insert_network(IPSet(["2001:db8::/32"]), place("JP", "13"))
writer.to_db_file("location.mmdb")
