"""What the peers share: command line, timing, and the one line of JSON that the benchmark reads."""
import argparse
import json
import os
import statistics
import time


def sizes():
    parser = argparse.ArgumentParser()
    parser.add_argument("--greedy", type=int, default=0)
    for name in ("steps", "sourceSteps", "targetSteps", "batch", "hidden", "layers", "vocabulary", "embedding", "width", "samples", "threads", "seed"):
        parser.add_argument(f"--{name}", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--device", default=os.environ.get("PEER_DEVICE", "cpu"), help="of PyTorch: cpu or cuda")
    return parser.parse_args()


def measure(step, seconds, peer):
    """Runs `step`, which must read its loss back, for `seconds` after a warm-up; prints milliseconds."""
    for _ in range(5):
        step()
    times = []
    start = time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - before))
    quartiles = statistics.quantiles(times, n=4)
    print(json.dumps({"peer": peer, "ms": quartiles[1], "spread": [quartiles[0], quartiles[2]], "n": len(times)}))
