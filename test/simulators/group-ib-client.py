"""Drives the vendor's own Python client: reads a list of tasks (JSON) from standard input and prints what each of them gave.

A portion becomes {"count", "sequpdate" (as text), "items": [[id, seqUpdate as text], ...]}; an exception {"error": its type's name}.
"""
import json
import logging
import sys

from cyberintegrations import DRPPoller, TIPoller

logging.disable(logging.CRITICAL)


def number_of(item):
    value = item.get("seqUpdate", item.get("violation", {}).get("seqUpdate"))
    return None if value is None else str(value)


def portions_of(generator):
    return [
        {
            "count": portion.count,
            "sequpdate": None if portion.sequpdate is None else str(portion.sequpdate),
            "items": [[item["id"], number_of(item)] for item in portion.raw_dict["items"]],
        }
        for portion in generator
    ]


def run(poller, task):
    call = getattr(poller, task["call"])
    result = call(**task.get("arguments", {}))
    if "generator" in task["call"]:
        return portions_of(result)
    if isinstance(result, bytes):
        return result.hex()
    if hasattr(result, "raw_dict"):
        return result.raw_dict
    return result


def main():
    plan = json.load(sys.stdin)
    results = []
    for task in plan["tasks"]:
        poller_type, url = (DRPPoller, plan["drp"]) if task.get("api") == "drp" else (TIPoller, plan["ti"])
        with poller_type(username=plan["username"], api_key=plan["apiKey"], api_url=url) as poller:
            try:
                results.append(run(poller, task))
            except Exception as error:
                results.append({"error": type(error).__name__})
    json.dump(results, sys.stdout)


main()
