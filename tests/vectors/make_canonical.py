#!/usr/bin/env python3
"""Made `canonical.json` beside it, once, from section 2 of SPEC.md: an implementation apart from the
Rust one. Never touches a file that is there; no test runs it."""
import json
import pathlib

FILE = pathlib.Path(__file__).parent / "canonical.json"
SAFE = 2**53 - 1


class Refused(Exception):
    pass


class Integer(str):
    """An integer literal."""


def members(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refused("json.duplicate")
    return dict(pairs)


def double(literal):
    """As ECMAScript writes it, from the digits that Python finds shortest."""
    value = float(literal)
    if value in (float("inf"), float("-inf")):
        raise Refused("json.number")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, exponent = f"{abs(value)!r}e0".split("e")[:2]
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The value is 0.digits times 10 to the point.
    point = len(whole) + int(exponent)
    if whole == "0":
        point = int(exponent) - (len(fraction) - len(fraction.lstrip("0")))
    digits = digits.rstrip("0")
    n, k = point, len(digits)
    if k <= n <= 21:
        return sign + digits + "0" * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + digits
    tail = f"e{'+' if n > 0 else '-'}{abs(n - 1)}"
    return sign + digits[0] + ("." + digits[1:] if k > 1 else "") + tail


def string(text):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
    out = []
    for char in text:
        if 0xD800 <= ord(char) < 0xE000:
            raise Refused("json.surrogate")
        out.append(short.get(char) or (f"\\u{ord(char):04x}" if char < " " else char))
    return '"' + "".join(out) + '"'


def write(value):
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Integer):
        return double(value) if abs(int(value)) <= SAFE else f'"{value}"'
    if isinstance(value, tuple):
        return double(value[0])
    if isinstance(value, str):
        return string(value)
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(string(name) + ":" + write(value[name]) for name in names) + "}"


def canonical(text):
    return write(json.loads(text, object_pairs_hook=members, parse_int=Integer,
                            parse_float=lambda literal: (literal,)))


CASES = {
    "names in the order of UTF-16": [
        '{"\\ue000":1,"\U0001f600":2,"z":3,"\u00e9":4}',
        '{"\ufb33":1,"\\ud83d\\ude00":2,"\u20ac":3,"1":4,"\\r":5,"\u0080":6,"\u00f6":7}',
        '{"b":1,"a":2,"ab":3,"aa":4,"":5,"A":6}',
        '{"\uffff":1,"\U00010000":2,"\U0010ffff":3,"\ud7ff":4}',
        '{"prefix-longer-b":1,"prefix-longer-a":2,"prefix":3}',
        '{"b":{"d":1,"c":2},"a":[{"y":1,"x":2}]}',
        '{"\\u0061":1,"\\u0000":2,"\\u005c":3}',
    ],
    "integers": [
        "0", "-0", "7", "-7", "9007199254740991", "-9007199254740991", "9007199254740992",
        "-9007199254740992", "9007199254740993", "18446744073709551615", "100000000000000000000",
        "123456789012345678901234567890", "999999999999999", "1000000000000000",
    ],
    "numbers with a fraction or an exponent": [
        "0.0", "-0.0", "1.0", "1.50", "1e0", "1E2", "1e+2", "1e-2", "100e-2", "1e15", "1e16", "1e20", "1e21",
        "1e22", "123456789e13", "9007199254740993.0", "9007199254740992e0", "0.1", "0.10", "0.000001",
        "0.0000001", "1e-6", "1e-7", "1.5e-7", "123e-9", "333333333.33333329", "4.50", "2e-3", "1E30",
        "0.000000000000000000000000001", "5e-324", "2.4e-324", "1.7976931348623157e308", "1e-400", "-1e-400",
        "2.2250738585072014e-308", "1.0000000000000002", "1.00000000000000011", "295147905179352830000.0",
        "-1.5e300", "0.30000000000000004", "1424953923781206.2",
    ],
    "strings": [
        '"\\u20ac$\\u000f\\nA\'\\u0042\\u0022\\u005c\\\\\\"\\/"', '"\\u0000\\u001f\\u007f\u007f"',
        '"\\b\\t\\n\\f\\r\\u0008\\u0009\\u000a\\u000c\\u000d"', '"\\u00e9\\u00E9\u00e9"', '"e\\u0301"',
        '"\\ud83d\\ude80\U0001f680"', '"\\u2028\\u2029\\ufeff\\ufffd"', '"\\u003c/script>"', '""',
    ],
    "white space and words": [
        ' [ 1 ,\t2\r\n, [ ] , { } ] ', '{ "b" : true , "a" : [ null , false ] }', "[[],{},[[]]]",
    ],
}
REFUSED = [
    '{"a":1,"a":2}', '{"a":1,"\\u0061":1}', '{"x":{"\U0001f600":1,"\\ud83d\\ude00":2}}', '"\\ud800"', '"\\udc00x"',
    '"\\ude80\\ud83d"', '{"\\ud800":1}', "1e309", "-1e400", "[1.8e308]",
]


def main():
    vector = {"cases": [{"what": what, "input": text, "canonical": canonical(text)}
                        for what, texts in CASES.items() for text in texts], "refused": []}
    for text in REFUSED:
        try:
            raise AssertionError(canonical(text))
        except Refused as refused:
            vector["refused"].append({"input": text, "code": str(refused)})
    if not FILE.exists():
        FILE.write_text(json.dumps(vector, indent=1) + "\n")


main()
