"""What a Python client of the published repository does, with the requests library. Prints one JSON line."""
import json
import sys

import requests

base = sys.argv[1]
seen = {}

model = {"model_name": "fall", "model_version": 1.0, "meta": {"library": "onnx", "description": None}}
first = requests.post(f"{base}/model", json=model)
seen["created"] = [first.status_code, first.json()]
seen["again"] = requests.post(f"{base}/model", json=model).status_code
seen["listed"] = requests.get(f"{base}/model").json()[0]

with open(sys.argv[2], "rb") as package:
    up = requests.put(f"{base}/model/fall/1.0", files={"file": package})
seen["up"] = [up.status_code, up.text]
with requests.get(f"{base}/model/fall/1.0", stream=True) as down:
    seen["bytes"] = sum(len(chunk) for chunk in down.iter_content(8192))
seen["no_file"] = requests.put(f"{base}/model/fall/1.0").json()
seen["meta"] = requests.put(f"{base}/model/meta/fall/1.0", json={"library": "tflite"}).status_code
seen["one"] = requests.get(f"{base}/model/meta", params={"model_name": "fall", "model_version": "1.0"}).json()["meta"]

step = {"id": "custom.step", "needs": {"GPU": False}}
seen["step"] = requests.post(f"{base}/transformation", json=step).status_code
content = ("step.pkl", b"pickled bytes", "application/octet-stream")
seen["step_up"] = requests.put(f"{base}/transformation/custom.step", files={"file": content}).status_code
seen["step_down"] = requests.get(f"{base}/transformation/custom.step").text
seen["deleted"] = [requests.delete(f"{base}/model/fall/1.0").status_code for _ in range(2)]
print(json.dumps(seen))
