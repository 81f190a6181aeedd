"""A form that is submitted twice is done once (attack 49): the second submission is led where the first one was.

That it is done once is kept in the table `form_key`, in the transaction of the first; where its answer led is kept in
this process only, and lost at restart, which is harmless.
"""

import time
from collections import OrderedDict
from typing import Any

from flask import Response, g, redirect, render_template, request

from isms.core.errors import AlreadyDone

MOST = 2000
_led: OrderedDict[str, str] = OrderedDict()  # form key -> where its answer led


def forget() -> None:
    """Forget all answers, as a restart does."""
    _led.clear()


def remember_answer(response: Response) -> None:
    """Keep where a form's answer led, so that its double leads there too."""
    key = request.form.get("form_key") if request.method == "POST" and response.status_code in {302, 303} else None
    if key:
        _led[key] = response.location or "/"
        while len(_led) > MOST:
            _led.popitem(last=False)


def answer_again(error: AlreadyDone) -> Any:
    """Lead to where the first submission led, or say that it was received."""
    key = request.form.get("form_key", "")
    for _ in range(20):  # the first submission may still be writing its answer
        if key in _led:
            return redirect(_led[key], 303)
        time.sleep(0.05)
    page = render_template("errors/error.html", status=409, message=str(error), request_id=g.request_id)
    return Response(page, 409, mimetype="text/html")
