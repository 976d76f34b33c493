"""Walks a collection with the vendor's own client, as its documentation shows it, and prints how many items came in how many seconds.

Arguments: the API's URL, user name, API key, collection, date to begin with, limit.
"""
import json
import logging
import sys
import time

from cyberintegrations import TIPoller

logging.disable(logging.CRITICAL)
url, username, api_key, collection, date, limit = sys.argv[1:]
with TIPoller(username=username, api_key=api_key, api_url=url) as poller:
    began = time.perf_counter()
    start = poller.get_seq_update_dict(date=date, collection_name=collection)[collection]
    count = 0
    for portion in poller.create_update_generator(collection_name=collection, sequpdate=start, limit=int(limit)):
        count += portion.portion_size
    json.dump({"items": count, "seconds": time.perf_counter() - began}, sys.stdout)
