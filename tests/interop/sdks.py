"""Talks to the three simulated vendors through the vendors' own clients, and prints what those clients made of it.

Arguments: a JSON object {"openai": base, "anthropic": base, "gemini": base, "key": key, "prompt": prompt,
"steps": {vendor: [name of each step]}}. Output: a JSON object {vendor: [what came of each step]}. The faults behind the
steps are planned by whoever started the servers. Every client is told not to try again by itself.
"""

import json
import sys

import anthropic
import openai
from google import genai
from google.genai import errors, types

TIMEOUT_S = 60.0


def openai_asks(base, key, prompt):
    client = openai.OpenAI(api_key=key, base_url=base + "/v1", max_retries=0, timeout=TIMEOUT_S)

    def ask(model):
        raw = client.chat.completions.with_raw_response.create(
            model=model,
            messages=[{"role": "user", "content": prompt}],
            max_completion_tokens=200,
            temperature=0,
        )
        completion = raw.parse()
        choice = completion.choices[0]
        return {
            "text": choice.message.content,
            "refusal": choice.message.refusal,
            "finish": choice.finish_reason,
            "model": completion.model,
            "id": completion.id,
            "request_id": completion._request_id,
            "input_tokens": completion.usage.prompt_tokens,
            "output_tokens": completion.usage.completion_tokens,
            "total_tokens": completion.usage.total_tokens,
        }

    return ask, [model.id for model in client.models.list().data] if key.startswith("sk-sim") else []


def anthropic_asks(base, key, prompt):
    client = anthropic.Anthropic(api_key=key, base_url=base, max_retries=0, timeout=TIMEOUT_S)

    def ask(model):
        message = client.messages.create(
            model=model,
            max_tokens=200,
            messages=[{"role": "user", "content": prompt}],
        )
        return {
            "text": "".join(block.text for block in message.content if block.type == "text"),
            "blocks": len(message.content),
            "finish": message.stop_reason,
            "model": message.model,
            "id": message.id,
            "request_id": message._request_id,
            "input_tokens": message.usage.input_tokens,
            "output_tokens": message.usage.output_tokens,
        }

    return ask, [model.id for model in client.models.list().data] if key.startswith("sk-sim") else []


def gemini_asks(base, key, prompt):
    options = types.HttpOptions(base_url=base, api_version="v1beta", timeout=int(TIMEOUT_S * 1000))
    client = genai.Client(api_key=key, http_options=options)

    def ask(model):
        response = client.models.generate_content(
            model=model,
            contents=prompt,
            config=types.GenerateContentConfig(max_output_tokens=200, temperature=0),
        )
        candidates = response.candidates or []
        feedback = response.prompt_feedback
        return {
            "text": response.text,
            "blocks": len((candidates[0].content.parts or [])) if candidates else 0,
            "finish": candidates[0].finish_reason.value if candidates else None,
            "blocked": feedback.block_reason.value if feedback and feedback.block_reason else None,
            "model": response.model_version,
            "id": response.response_id,
            "input_tokens": response.usage_metadata.prompt_token_count,
            "output_tokens": response.usage_metadata.candidates_token_count,
            "total_tokens": response.usage_metadata.total_token_count,
        }

    return ask, [model.name for model in client.models.list()] if key.startswith("sk-sim") else []


def observe(ask, model):
    """What came of one call: what the client read, or the class of the error that it raised."""
    try:
        return ask(model)
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        return {
            "error": type(error).__name__,
            "status": error.status_code,
            "request_id": error.request_id,
            "message": error.message,
        }
    except errors.APIError as error:
        return {
            "error": type(error).__name__,
            "status": error.code,
            "word": error.status,
            "message": error.message,
        }


def main():
    given = json.loads(sys.argv[1])
    makers = {"openai": openai_asks, "anthropic": anthropic_asks, "gemini": gemini_asks}
    told = {}
    for vendor, make in makers.items():
        base, prompt, steps = given[vendor], given["prompt"], given["steps"][vendor]
        ask, models = make(base, given["key"], prompt)
        stranger, _ = make(base, "wrong-0123456789abcdef", prompt)
        seen = {"models": models}
        seen["wrong key"] = observe(stranger, models[0].removeprefix("models/"))
        seen["unknown model"] = observe(ask, "no-such-model")
        for step in steps:
            seen[step] = observe(ask, models[0].removeprefix("models/"))
        told[vendor] = seen
    versions = {"openai": openai.__version__, "anthropic": anthropic.__version__, "gemini": genai.__version__}
    print(json.dumps({"versions": versions, "told": told}))


main()
